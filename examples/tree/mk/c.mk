# One C program (C_PROG) or shared library (C_LIB, with the header of that name) from C_SRCS and C_LDLIBS.

.if defined(C_PROG) || defined(C_LIB)
C_SRCS?=	${C_PROG}${C_LIB}.c
.  if defined(C_LIB)
_C_OUTPUT=	lib${C_LIB}.so
_C_FLAGS=	-fPIC -shared
.  else
_C_OUTPUT=	${C_PROG}
.  endif

.  if !target(do-build)
do-build:
	cd ${WRKSRC} && ${CC} ${CPPFLAGS} ${CFLAGS} ${_C_FLAGS} -o ${_C_OUTPUT} ${C_SRCS} ${LDFLAGS} ${C_LDLIBS}
.  endif

.  if !target(do-install)
do-install:
.    if defined(C_LIB)
	@mkdir -p ${DESTPREFIX}/lib ${DESTPREFIX}/include
	cd ${WRKSRC} && cp ${_C_OUTPUT} ${DESTPREFIX}/lib && cp ${C_LIB}.h ${DESTPREFIX}/include
.    else
	@mkdir -p ${DESTPREFIX}/bin
	cp ${WRKSRC}/${_C_OUTPUT} ${DESTPREFIX}/bin
.    endif
.  endif
.endif
