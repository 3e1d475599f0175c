# Fetch and checksum. Sources lie in files/; those named in DISTFILES are "fetched" from there into
# DISTDIR first, as from a mirror. Every line of distinfo must hold: `SHA256 (name) = digest`.

.PHONY: fetch checksum makesum

_MIRROR=	${FILESDIR}/dist

fetch:
.for file in ${DISTFILES}
	@[ -f ${DISTDIR}/${file} ] || { ${STEP} "Fetching ${file}"; mkdir -p ${DISTDIR} && \
		cp ${_MIRROR}/${file} ${DISTDIR}/.${file}.$$$$ && mv ${DISTDIR}/.${file}.$$$$ ${DISTDIR}/${file}; }
.endfor

checksum: fetch
.if exists(${DISTINFO_FILE})
	@${STEP} "Checksum for ${PKGNAME}"
.  if exists(${FILESDIR})
	@cd ${FILESDIR} && ${SHA256SUM} -c --quiet ${DISTINFO_FILE} || \
		{ echo "ERROR: files of ${PKGPATH} do not match distinfo" >&2; exit 1; }
.  endif
.  for file in ${DISTFILES}
	@sed 's|(dist/|(|' ${DISTINFO_FILE} | grep -F '(${file})' | (cd ${DISTDIR} && ${SHA256SUM} -c --quiet -) || \
		{ echo "ERROR: ${DISTDIR}/${file} does not match distinfo" >&2; exit 1; }
.  endfor
.else
	@${STEP} "No distinfo for ${PKGNAME}, nothing to check"
.endif

# For the maintainer: writes distinfo anew.
makesum:
	@cd ${FILESDIR} && find . -type f | sed 's|^\./||' | LC_ALL=C sort | \
		xargs ${SHA256SUM} --tag >${DISTINFO_FILE}
