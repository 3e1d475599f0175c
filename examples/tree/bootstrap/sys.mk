# System makefile of the kit's make: what the tree needs and no more. The system's own runs uname and
# others at each start.
CC?=		cc
CFLAGS?=	-O2
AR?=		ar

.SUFFIXES:	.o .c

.c.o:
	${CC} ${CPPFLAGS} ${CFLAGS} -c -o ${.TARGET} ${.IMPSRC}
