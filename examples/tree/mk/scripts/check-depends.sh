#!/bin/sh
# Finds the installed package for each dependency; fails, naming all that are missing.
#	check-depends.sh PKG_INFO PKG_DBDIR PKGNAME [TYPE PATTERN]...
# Prints a line `type pattern name` for each.
info=$1 dbdir=$2 package=$3
shift 3
missing=0
while [ $# -ge 2 ]; do
	if name=$("$info" -K "$dbdir" -E "$2"); then
		printf '%s %s %s\n' "$1" "$2" "$name"
	else
		echo "ERROR: $package needs $2, which is not installed" >&2
		missing=1
	fi
	shift 2
done
exit $missing
