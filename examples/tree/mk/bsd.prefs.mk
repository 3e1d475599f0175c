# Where things are and what the user wants. Settings come, strongest first, from the make command line,
# the environment, mk.conf (?= lines) and the defaults below. What costs a process is computed only where
# it is used.

.if !defined(BSD_PREFS_MK)
BSD_PREFS_MK=	defined
BSD_PKG_MK=	1

MAKECONF?=	${LOCALBASE:U/usr/pkg}/etc/mk.conf
.sinclude "${MAKECONF}"

LOCALBASE?=	/usr/pkg
PREFIX=		${LOCALBASE}
VARBASE?=	/var
SYSCONFBASE?=	${PREFIX}/etc
PKGINFODIR?=	info
PKGMANDIR?=	man

PKGSRCDIR:=	${.PARSEDIR:tA:H}
PKGPATH:=	${.CURDIR:tA:H:T}/${.CURDIR:tA:T}
DISTDIR?=	${PKGSRCDIR}/distfiles
PACKAGES?=	${PKGSRCDIR}/packages

PKG_DBDIR?=		${PREFIX}/pkgdb
PKG_REFCOUNT_DBDIR?=	${PKG_DBDIR}.refcount
PKG_TOOLS_BIN?=		${PREFIX}/sbin
PKG_ADD?=		${PKG_TOOLS_BIN}/pkg_add
PKG_CREATE?=		${PKG_TOOLS_BIN}/pkg_create
PKG_INFO?=		${PKG_TOOLS_BIN}/pkg_info
PKG_ARGS=		-K ${PKG_DBDIR}

# The work area: one directory a package below WRKOBJDIR, or inside the package's own directory.
.if defined(WRKOBJDIR) && !empty(WRKOBJDIR)
WRKDIR=		${WRKOBJDIR}/${PKGPATH}/work
.else
WRKDIR=		${.CURDIR:tA}/work
.endif
WRKLOG?=	${WRKDIR}/.work.log

# The platform.
NATIVE_OPSYS?=			${:!uname -s!}
NATIVE_OS_VERSION?=		${:!uname -r!}
NATIVE_OPSYS_VERSION?=		${NATIVE_OS_VERSION:C/[^0-9.].*//:C/^([0-9]+)\.([0-9]+).*/printf %02d%02d00 \1 \2/:sh}
OPSYS=				${NATIVE_OPSYS}
OS_VERSION=			${NATIVE_OS_VERSION}
OPSYS_VERSION=			${NATIVE_OPSYS_VERSION}
OS_VARIANT?=			${:!sed -n 's/^ID=//p' /etc/os-release 2>/dev/null || true!}
LOWER_VARIANT_VERSION?=		${:!sed -n 's/^VERSION_ID=//p' /etc/os-release 2>/dev/null || true!:S/"//g}
MACHINE_ARCH:=			${MACHINE_ARCH:S/^amd64$/x86_64/}
ABI?=				${MACHINE_ARCH:M*64*:?64:32}
PKGSRC_COMPILER?=		gcc
CC_VERSION?=			${PKGSRC_COMPILER}-${:!${CC} -dumpversion!}

# Parallel jobs of one package.
.if ${MAKE_JOBS_SAFE:Uyes:tl} == "no"
_MAKE_JOBS_N=	1
.else
_MAKE_JOBS_N=	${MAKE_JOBS:U1}
.endif

# Programs.
CC?=		cc
SHA256SUM?=	sha256sum
STEP=		printf '===> %s\n'
.endif
