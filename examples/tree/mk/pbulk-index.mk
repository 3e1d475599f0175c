# What a bulk builder's scan reads: a record for the package, or one for each version that it can be built
# for. A class of versions has the list that a package accepts, the variable that forces one, and the
# default, which comes first.

_PBULK_MULTI=	tiny

_PBULK_MULTI_LIST.tiny=		TINY_VERSIONS_ACCEPTED
_PBULK_MULTI_VAR.tiny=		TINY_VERSION_REQD
_PBULK_MULTI_DEFAULT.tiny=	TINY_VERSION_DEFAULT

.if !defined(NO_MULTI_PKG)
.  for class in ${_PBULK_MULTI}
.    if !empty(${_PBULK_MULTI_LIST.${class}})
_PBULK_MULTI_NEEDED+=	${class}
_PBULK_SORTED.${class}=	${${_PBULK_MULTI_LIST.${class}}:M${${_PBULK_MULTI_DEFAULT.${class}}}} \
			${${_PBULK_MULTI_LIST.${class}}:N${${_PBULK_MULTI_DEFAULT.${class}}}}
.    endif
.  endfor
.endif

# ` VAR=value` for each class, as a shell word.
_PBULK_WORDS=	${_PBULK_MULTI_NEEDED:@c@\ ${_PBULK_MULTI_VAR.${c}}=${${_PBULK_MULTI_VAR.${c}}}@}

.PHONY: pbulk-index pbulk-index-item

.if empty(_PBULK_MULTI_NEEDED)
pbulk-index: pbulk-index-item
.else
# A shell loop a class, so that one with several classes walks their product.
pbulk-index:
	@set -e; ${_PBULK_MULTI_NEEDED:@c@for value in ${_PBULK_SORTED.${c}}; do \
		${_PBULK_MULTI_VAR.${c}}=$$value; export ${_PBULK_MULTI_VAR.${c}};@} \
	${MAKE} pbulk-index-item${_PBULK_MULTI_NEEDED:@c@; done@}
.endif

pbulk-index-item:
	@printf '%s\n' \
		PKGNAME=${PKGNAME:Q} \
		ALL_DEPENDS=${_ALL_DEPENDS:M*:Q} \
		PKG_SKIP_REASON=${PKG_SKIP_REASON:Q} \
		PKG_FAIL_REASON=${PKG_FAIL_REASON:Q} \
		NO_BIN_ON_FTP=${NO_BIN_ON_FTP:Q} \
		RESTRICTED=${RESTRICTED:Q} \
		CATEGORIES=${CATEGORIES:Q} \
		MAINTAINER=${MAINTAINER:Q} \
		USE_DESTDIR=${_USE_DESTDIR:Q} \
		BOOTSTRAP_PKG=${BOOTSTRAP_PKG:Q} \
		USERGROUP_PHASE=${USERGROUP_PHASE:Q} \
		SCAN_DEPENDS=${.MAKE.MAKEFILES:Q} \
		${PBULK_WEIGHT:D PBULK_WEIGHT=${PBULK_WEIGHT:Q}} \
		${MAKE_JOBS_SAFE:D MAKE_JOBS_SAFE=${MAKE_JOBS_SAFE:Q}} \
		${_PBULK_MULTI_NEEDED:D MULTI_VERSION=${_PBULK_WORDS:ts}}
