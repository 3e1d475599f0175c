#!/bin/sh
# Makes the bootstrap kit of this tree: a tarball that, unpacked over /, gives a prefix with make, the
# pkg_* tools and mk.conf, and a package database in which pkg_install is registered. Works without root
# and touches nothing else.
set -eu
umask 022

prefix=/usr/pkg dbdir='' kit='' fragment=''
here=$(cd "$(dirname "$0")" && pwd)

usage() {
	cat >&2 <<-END
		usage: bootstrap.sh [--prefix DIR] [--pkgdbdir DIR] [--mk-fragment FILE] --gzip-binary-kit FILE
		  --prefix           where packages will live (default /usr/pkg)
		  --pkgdbdir         package database (default PREFIX/pkgdb)
		  --mk-fragment      lines to add to etc/mk.conf
		  --gzip-binary-kit  the tarball to make
	END
	exit 1
}

die() {
	echo "bootstrap.sh: $*" >&2
	exit 1
}

while [ $# -gt 0 ]; do
	case $1 in
	--*=*) set -- "${1%%=*}" "${1#*=}" "$@" && value=$2 && option=$1 && shift 3 ;;
	--?*) [ $# -ge 2 ] || usage; option=$1 value=$2 && shift 2 ;;
	*) usage ;;
	esac
	case $option in
	--prefix) prefix=$value ;;
	--pkgdbdir) dbdir=$value ;;
	--mk-fragment) fragment=$value ;;
	--gzip-binary-kit) kit=$value ;;
	*) usage ;;
	esac
done
[ -n "$kit" ] || usage
dbdir=${dbdir:-$prefix/pkgdb}
[ -z "$fragment" ] || [ -r "$fragment" ] || die "cannot read $fragment"
make=$(command -v bmake || command -v make) || die 'no bmake in PATH; install it first'
"$make" -r -f /dev/null -V .MAKE.LEVEL >/dev/null 2>&1 || die "$make is not a BSD make; install bmake"
version=$(sed -n 's/^PKGNAME=[[:space:]]*pkg_install-//p' "$here/../pkgtools/pkg_install/Makefile")
[ -n "$version" ] || die 'no version in pkgtools/pkg_install/Makefile'

work=$(mktemp -d "${TMPDIR:-/tmp}/bootstrap.XXXXXX")
trap 'rm -rf "$work" "$kit.new.$$"' EXIT
trap 'exit 1' HUP INT TERM
dest=$work/dest

install_tools() {
	sh "$here/install-tools.sh" "$dest" "$prefix" "$dbdir" "$version" >"$work/plist"
}

# bin/bmake: the host's make, with this prefix's mk.conf and a system makefile that starts fast.
install_make() {
	mkdir -p "$dest$prefix/bin" "$dest$prefix/share/mk"
	cat >"$dest$prefix/bin/bmake" <<-END
		#!/bin/sh
		MAKECONF=\${MAKECONF:-$prefix/etc/mk.conf}
		export MAKECONF
		exec $make -m $prefix/share/mk "\$@"
	END
	chmod 755 "$dest$prefix/bin/bmake"
	cp "$here/sys.mk" "$dest$prefix/share/mk/sys.mk"
}

install_mk_conf() {
	mkdir -p "$dest$prefix/etc"
	{
		echo '# Settings of this prefix. Made by bootstrap.sh; the environment wins over every ?= line.'
		echo '.ifdef BSD_PKG_MK'
		printf '%s?=\t%s\n' LOCALBASE "$prefix" PKG_DBDIR "$dbdir" PKG_REFCOUNT_DBDIR "$dbdir.refcount" \
			PKG_TOOLS_BIN "$prefix/sbin"
		[ -z "$fragment" ] || cat "$fragment"
		echo '.endif'
	} >"$dest$prefix/etc/mk.conf"
}

# Registers the tools as the package that they are, with pkg_create's own metadata.
register_tools() {
	sh "$here/install-tools.sh" "" "$work/run" "$work/db" "$version" >/dev/null
	tree=$(cd "$here/.." && pwd)
	sh "$work/run/sbin/pkg_create" -c '-Tools to add, remove and make packages' \
		-d "$tree/pkgtools/pkg_install/DESCR" -f "$work/plist" -I "$prefix" -p "$dest$prefix" \
		"$work/pkg_install-$version.tgz"
	mkdir -p "$dest$dbdir/pkg_install-$version"
	tar -xzf "$work/pkg_install-$version.tgz" -C "$dest$dbdir/pkg_install-$version" \
		+CONTENTS +COMMENT +DESC
}

install_tools
install_make
install_mk_conf
register_tools
owner=''
if tar --version 2>/dev/null | grep -q 'GNU tar'; then
	owner='--owner=root:0 --group=root:0 --sort=name'
fi
mkdir -p "$(dirname "$kit")"
# Only the prefix and the database are members: unpacking must not touch the modes of / or /usr.
set -- "${prefix#/}"
case $dbdir/ in "$prefix"/*) ;; *) set -- "$@" "${dbdir#/}" ;; esac
(cd "$dest" && tar $owner -cf "$work/kit.tar" "$@")
gzip -n -c "$work/kit.tar" >"$kit.new.$$"
mv "$kit.new.$$" "$kit"
echo "$kit"
