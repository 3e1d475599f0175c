# The stages of a build. Asking for one runs those before it that have not been done; a cookie in WRKDIR
# says which have. A dependency that is not installed fails here: it is never built on the spot, whatever
# DEPENDS_TARGET says.

.PHONY: configure all build stage-install stage-package-create package install clean

_STAGES=	depends extract configure build install package
.for stage in ${_STAGES}
.  if !exists(${WRKDIR}/.${stage}_done) || make(clean)
_TODO+=		_run-${stage}
.  endif
_TODO.${stage}:=	${_TODO}
.PHONY: _run-${stage} _begin-${stage} do-${stage}
_run-${stage}: _begin-${stage} do-${stage}
	@: >${WRKDIR}/.${stage}_done
.endfor

configure:		${_TODO.configure}
all build:		${_TODO.build}
stage-install:		${_TODO.install}
stage-package-create:	${_TODO.package}

_begin-depends:
	@mkdir -p ${WRKDIR}

_TITLE.extract=		Extracting
_TITLE.configure=	Configuring
_TITLE.build=		Building
_TITLE.install=		Installing
_TITLE.package=		Packaging
.for stage in ${_STAGES:Ndepends}
_begin-${stage}:
	@${STEP} "${_TITLE.${stage}} ${PKGNAME}" | tee -a ${WRKLOG}
.endfor

# ${WRKDIR}/.rdepends gets a line `type pattern name` for each dependency.
_DEPENDS_LIST=	${BOOTSTRAP_DEPENDS:@d@bootstrap ${d:C/:.*//}@} ${BUILD_DEPENDS:@d@build ${d:C/:.*//}@} \
		${TOOL_DEPENDS:@d@tool ${d:C/:.*//}@} ${DEPENDS:@d@full ${d:C/:.*//}@}
do-depends:
	@sh ${PKGSRCDIR}/mk/scripts/check-depends.sh ${PKG_INFO} ${PKG_DBDIR} ${PKGNAME} \
		${_DEPENDS_LIST:@w@${w:Q}@} >${WRKDIR}/.rdepends

do-extract:
	@mkdir -p ${WRKSRC}
.if exists(${FILESDIR})
	@cp -R ${FILESDIR}/. ${WRKSRC}
.endif
.for file in ${DISTFILES}
	@cp ${DISTDIR}/${file} ${WRKSRC}
.endfor

# A package with HAS_CONFIGURE=yes brings a script of that name.
.if !target(do-configure)
do-configure:
.  if ${HAS_CONFIGURE:Uno:tl} == "yes"
	cd ${WRKSRC} && CC='${CC}' CPPFLAGS='${CPPFLAGS}' CFLAGS='${CFLAGS}' LDFLAGS='${LDFLAGS}' \
		./configure --prefix=${PREFIX}
.  endif
.endif
.for stage in build install
.  if !target(do-${stage})
do-${stage}:
.  endif
.endfor

# By hand: `package` publishes the file in PACKAGES, `install` also installs it.
package: stage-package-create
	@mkdir -p ${PACKAGES}/All
	@cp ${STAGE_PKGFILE} ${PACKAGES}/All/.${PKGNAME}.$$$$ && \
		mv ${PACKAGES}/All/.${PKGNAME}.$$$$ ${PACKAGES}/All/${PKGNAME}${PKG_SUFX}

install: package
	@PKG_PATH=${PACKAGES}/All ${PKG_ADD} ${PKG_ARGS} ${PKGNAME}

clean:
	@${STEP} "Cleaning for ${PKGNAME}"
	@rm -rf ${WRKDIR}
