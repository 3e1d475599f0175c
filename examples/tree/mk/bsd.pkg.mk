# A package: included last by each package's Makefile, which has set
#	PKGNAME CATEGORIES MAINTAINER COMMENT	what it is
#	DEPENDS BUILD_DEPENDS TOOL_DEPENDS	pattern:../../category/dir
#	C_PROG C_LIB C_SRCS C_LDLIBS		the common case of one C program or library (c.mk)
# and may define do-configure, do-build and do-install. README.md has the rest.

.include "bsd.prefs.mk"

MAINTAINER?=		ports@example.org
PKGBASE=		${PKGNAME:C/-[^-]*$//}
PKGVERSION=		${PKGNAME:C/^.*-//}
FILESDIR?=		${.CURDIR}/files
DISTINFO_FILE?=		${.CURDIR}/distinfo
WRKSRC=			${WRKDIR}/src
PKG_DESTDIR_SUPPORT?=	user-destdir
_USE_DESTDIR=		${PKG_DESTDIR_SUPPORT:S/^none$/no/}
# A package that knows no DESTDIR installs straight into the prefix.
.if ${_USE_DESTDIR} == "no"
DESTDIR=
.else
DESTDIR=		${WRKDIR}/.destdir
.endif
DESTPREFIX=		${DESTDIR}${PREFIX}
_ALL_DEPENDS=		${BOOTSTRAP_DEPENDS} ${BUILD_DEPENDS} ${TOOL_DEPENDS} ${DEPENDS}

CFLAGS?=	-O2
CPPFLAGS+=	-I${PREFIX}/include
LDFLAGS+=	-L${PREFIX}/lib -Wl,-rpath,${PREFIX}/lib

.MAIN: all
.NOTPARALLEL:

.if make(pbulk-index) || make(pbulk-index-item)
.  include "pbulk-index.mk"
.else
.  include "c.mk"
.  include "checksum.mk"
.  include "usergroup.mk"
.  include "package.mk"
.  include "stages.mk"
.endif
.include "show.mk"
