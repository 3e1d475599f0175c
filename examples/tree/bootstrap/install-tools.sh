#!/bin/sh
# Installs the pkg_* tools below DESTDIR, with the settings of this host filled in.
#	install-tools.sh DESTDIR PREFIX PKG_DBDIR VERSION
# Used by bootstrap.sh and by the package pkgtools/pkg_install. Prints the installed files, relative to
# PREFIX.
set -eu

destdir=$1 prefix=$2 dbdir=$3 version=$4
here=$(cd "$(dirname "$0")" && pwd)

need() {
	command -v "$1" || {
		echo "${0##*/}: no $1 in PATH; install it first" >&2
		exit 1
	}
}

for path in "$prefix" "$dbdir"; do
	case $path in
	*[!A-Za-z0-9/._+-]* | [!/]*)
		echo "${0##*/}: '$path' must be absolute and of plain characters" >&2
		exit 1
		;;
	esac
done

awk=$(need awk) tar=${TAR:-$(need tar)} gzip=$(need gzip) md5=$(need md5sum)
if "$tar" --version 2>/dev/null | grep -q 'GNU tar'; then
	wildcards=--wildcards
	create='--format=ustar --no-recursion'
	owner='--owner=root:0 --group=root:0'
else
	wildcards=''
	create='--format ustar -n'
	owner='--uname root --uid 0 --gname root --gid 0'
fi

# fill FILE MODE DIR: one tool, through sed, to DIR below the prefix.
fill() {
	mkdir -p "$destdir$prefix/$3"
	sed -e "s|@PREFIX@|$prefix|g" -e "s|@PKG_DBDIR@|$dbdir|g" -e "s|@VERSION@|$version|g" \
		-e "s|@AWK@|$awk|g" -e "s|@TAR@|$tar|g" -e "s|@GZIP@|$gzip|g" -e "s|@MD5@|$md5|g" \
		-e "s|@TAR_WILDCARDS@|$wildcards|g" -e "s|@TAR_CREATE@|$create|g" -e "s|@TAR_ROOT_OWNER@|$owner|g" \
		"$here/tools/$1" >"$destdir$prefix/$3/$1"
	chmod "$2" "$destdir$prefix/$3/$1"
	printf '%s/%s\n' "$3" "$1"
}

for file in common.sh conflict.awk match.awk plist.awk summary.awk; do
	fill "$file" 644 libexec/pkg_install
done
for file in pkg_add pkg_admin pkg_create pkg_delete pkg_info; do
	fill "$file" 755 sbin
done
