# What the pkg_* tools share: settings that bootstrap.sh filled in, messages, the list of what is installed.
# Sourced, never run. The database is one directory a package: PKG_DBDIR/NAME/+CONTENTS and the other
# + files of the package, +REQUIRED_BY (names, one a line) and +INSTALLED_INFO (automatic=yes).

prefix='@PREFIX@'
dbdir=${PKG_DBDIR:-'@PKG_DBDIR@'}
refcount_dbdir=${PKG_REFCOUNT_DBDIR:-$dbdir.refcount}
lib='@PREFIX@/libexec/pkg_install'
AWK='@AWK@'
TAR='@TAR@'
GZIP='@GZIP@'
MD5='@MD5@'
# How this tar picks members by wildcard, and how it writes what the list names and nothing below it.
TAR_WILDCARDS='@TAR_WILDCARDS@'
TAR_CREATE='@TAR_CREATE@'
tools_version='@VERSION@'
me=${0##*/}
LC_ALL=C
export LC_ALL

warn() {
	printf '%s: %s\n' "$me" "$*" >&2
}

die() {
	warn "$@"
	exit 1
}

print_version() {
	printf '%s\n' "$tools_version"
	exit 0
}

# Names of all installed packages, one a line.
installed_names() {
	for contents in "$dbdir"/*/+CONTENTS; do
		[ -f "$contents" ] || continue
		name=${contents%/*}
		printf '%s\n' "${name##*/}"
	done
}

# The best installed match of a pattern; a bare name stands for any version of it. Status 1: none.
best_installed() {
	if [ -f "$dbdir/$1/+CONTENTS" ]; then
		printf '%s\n' "$1"
		return 0
	fi
	installed_names | PATTERN=$(widen_pattern "$1") "$AWK" -f "$lib/match.awk"
}

# A name without version or wildcard (`foo`) means `foo-[0-9]*`.
widen_pattern() {
	case $1 in
	*[*\?\[\<\>{]* | *-[0-9]*) printf '%s\n' "$1" ;;
	*) printf '%s-[0-9]*\n' "$1" ;;
	esac
}

# run_script DIR NAME SCRIPT PHASE: runs +INSTALL or +DEINSTALL of a package, when it has one.
run_script() {
	[ -f "$1/$3" ] || return 0
	[ -n "${no_scripts:-}" ] && return 0
	(
		cd "$1" || exit 1
		PKG_PREFIX=$prefix
		PKG_METADATA_DIR=$1
		PKG_REFCOUNT_DBDIR=$refcount_dbdir
		export PKG_PREFIX PKG_METADATA_DIR PKG_REFCOUNT_DBDIR
		/bin/sh "./$3" "$2" "$4" "$prefix"
	)
}
