# For packages that are built for one version of the interpreter tiny: names it and depends on it.
#	TINY_VERSIONS_ACCEPTED	versions the package works with, set by the package
#	TINY_VERSION_DEFAULT	the user's choice
#	TINY_VERSION_REQD	forces one; a bulk builder sets it on the command line

.include "bsd.prefs.mk"

TINY_VERSIONS_ACCEPTED?=	1 2
TINY_VERSION_DEFAULT?=		2

.if defined(TINY_VERSION_REQD)
_TINY_VERSION=	${TINY_VERSION_REQD}
.else
_TINY_VERSION=	${TINY_VERSIONS_ACCEPTED:M${TINY_VERSION_DEFAULT}:U${TINY_VERSIONS_ACCEPTED:[1]}}
.endif
.if empty(TINY_VERSIONS_ACCEPTED:M${_TINY_VERSION})
PKG_FAIL_REASON+=	"${PKGNAME} works with tiny ${TINY_VERSIONS_ACCEPTED}, not ${_TINY_VERSION}"
.endif

TINY_PKGPREFIX=	tny${_TINY_VERSION}
TINY=		${PREFIX}/bin/tiny${_TINY_VERSION}
TINY_LIBDIR=	share/tiny${_TINY_VERSION}
DEPENDS+=	tiny${_TINY_VERSION}>=${_TINY_VERSION}.0:../../lang/tiny${_TINY_VERSION}
PLIST_SUBST+=	TINY_LIBDIR=${TINY_LIBDIR} TINY_PKGPREFIX=${TINY_PKGPREFIX}
