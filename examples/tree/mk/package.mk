# Makes the binary package from what stage-install left in DESTDIR. PLIST lists the files, relative to
# PREFIX, with ${NAME} for each NAME=value of PLIST_SUBST. Scripts INSTALL and DEINSTALL, where the
# package has them, go in. The + files of the package are gathered in ${WRKDIR}/.meta.

PKG_SUFX=	.tgz
.if ${_USE_DESTDIR} == "no"
STAGE_PKGFILE=	${PACKAGES}/All/${PKGNAME}${PKG_SUFX}
.else
STAGE_PKGFILE=	${WRKDIR}/.packages/${PKGNAME}${PKG_SUFX}
.endif
PLIST_SRC?=	${.CURDIR}/PLIST
_META=		${WRKDIR}/.meta
_RUN_DEPENDS=	${DEPENDS:C/:.*//}
_BUILD_ONLY=	${BOOTSTRAP_DEPENDS:C/:.*//} ${BUILD_DEPENDS:C/:.*//} ${TOOL_DEPENDS:C/:.*//}
_BUILD_INFO=	CATEGORIES LICENSE MACHINE_ARCH MAINTAINER NO_BIN_ON_FTP OPSYS OS_VERSION PKGPATH \
		PKGTOOLS_VERSION RESTRICTED
PKGTOOLS_VERSION=	20091115

_CREATE_ARGS=	-B ${_META}/build-info -b ${_META}/build-version -c ${_META}/comment -d ${.CURDIR}/DESCR \
		-f ${_META}/plist -s ${_META}/size-pkg -S ${_META}/size-all -F gzip -K ${PKG_DBDIR} \
		-I ${PREFIX} -p ${DESTPREFIX} \
		-P ''${_RUN_DEPENDS:Q} -T ''${_BUILD_ONLY:Q} ${CONFLICTS:D-C ${CONFLICTS:Q}}
.for script in INSTALL DEINSTALL
.  if exists(${.CURDIR}/${script})
_CREATE_ARGS+=	${script:S/^INSTALL$/-i/:S/^DEINSTALL$/-k/} ${.CURDIR}/${script}
.  endif
.endfor
.if ${_USE_DESTDIR} == "user-destdir"
_CREATE_ARGS+=	-u root -g root
.endif

do-package:
	@mkdir -p ${_META} ${STAGE_PKGFILE:H} ${DESTPREFIX}
	@sed ${PLIST_SUBST:@p@-e 's|$${${p:C/=.*//}}|${p:C/^[^=]*=//}|g'@} \
		-e '/^@comment/d' ${PLIST_SRC} >${_META}/plist
	@printf '%s\n' ${COMMENT:Q} >${_META}/comment
	@{ printf '%s\n' ${_BUILD_INFO:@v@${${v}:D${v}=${${v}:Q}}@}; \
		date -u '+BUILD_DATE=%Y-%m-%d %H:%M:%S +0000'; } >${_META}/build-info
	@cd ${PKGSRCDIR} && find ${PKGPATH} -name work -prune -o -type f -print | LC_ALL=C sort | \
		xargs ${SHA256SUM} | sed 's/^\([0-9a-f]*\) [ *]\(.*\)/\2: \1/' >${_META}/build-version
	@sh ${PKGSRCDIR}/mk/scripts/package-sizes.sh ${PKG_DBDIR} ${DESTPREFIX} ${_META} ${WRKDIR}/.rdepends
	@${PKG_CREATE} ${_CREATE_ARGS} ${STAGE_PKGFILE}
.if ${_USE_DESTDIR} == "no"
# Its files are in the prefix already: this makes them known.
	@${PKG_ADD} ${PKG_ARGS} ${STAGE_PKGFILE}
.endif
