# The root and the categories: a list of directories in SUBDIR, to show or to walk.

.include "bsd.prefs.mk"
.include "show.mk"

.MAIN: all

.for target in all checksum clean
.PHONY: ${target}
${target}:
	@set -e; for dir in ${SUBDIR}; do \
		${STEP} "${target} in $$dir"; \
		(cd ${.CURDIR}/$$dir && ${MAKE} ${target}); \
	done
.endfor
