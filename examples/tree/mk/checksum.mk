# Fetch and checksum. Sources lie in files/; those named in DISTFILES come from one of MASTER_SITES into
# DISTDIR first: file:// URLs, by default that of files/dist. Every line of distinfo must hold:
# `SHA256 (name) = digest`, and for a distfile `Size (name) = 123 bytes`.

.PHONY: fetch pre-fetch do-fetch checksum makesum

MASTER_SITES?=	file://${FILESDIR}/dist/
_ALLFILES=	${DISTFILES}

fetch: pre-fetch do-fetch

.if !target(pre-fetch)
pre-fetch:
.endif

do-fetch:
.for file in ${DISTFILES}
	@[ -f ${DISTDIR}/${file} ] || { ${STEP} "Fetching ${file}"; mkdir -p ${DISTDIR}; \
		for site in ${MASTER_SITES}; do \
			case $$site in file://*) ;; *) echo "fetch: not a file:// URL: $$site" >&2; continue ;; esac; \
			cp "$${site#file://}${file}" ${DISTDIR}/${file} && exit 0; \
		done; \
		echo "ERROR: could not fetch ${file}" >&2; exit 1; }
.endfor

checksum: fetch
.if exists(${DISTINFO_FILE})
	@${STEP} "Checksum for ${PKGNAME}"
.  if exists(${FILESDIR})
	@cd ${FILESDIR} && grep '^SHA256' ${DISTINFO_FILE} | ${SHA256SUM} -c --quiet - || \
		{ echo "ERROR: files of ${PKGPATH} do not match distinfo" >&2; exit 1; }
.  endif
.  for file in ${DISTFILES}
	@sed -n '/^SHA256/s|(dist/|(|p' ${DISTINFO_FILE} | grep -F '(${file})' | \
		(cd ${DISTDIR} && ${SHA256SUM} -c --quiet -) || \
		{ echo "ERROR: ${DISTDIR}/${file} does not match distinfo" >&2; exit 1; }
.  endfor
.else
	@${STEP} "No distinfo for ${PKGNAME}, nothing to check"
.endif

# For the maintainer: writes distinfo anew.
makesum:
	@cd ${FILESDIR} && find . -type f | sed 's|^\./||' | LC_ALL=C sort | \
		xargs ${SHA256SUM} --tag >${DISTINFO_FILE}
.for file in ${DISTFILES}
	@cd ${FILESDIR}/dist && echo "Size (${file}) = $$(($$(wc -c <${file}))) bytes" >>${DISTINFO_FILE}
.endfor
