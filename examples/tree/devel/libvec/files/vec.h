#ifndef VEC_H
#define VEC_H
#include <stddef.h>
#include <stdio.h>

/* A list of strings, each its own copy. Zero it before first use. */
struct vec {
	char **items;
	size_t count;
	size_t room;
};

void vec_push(struct vec *v, const char *text);
/* Appends every line of a file. */
void vec_read(struct vec *v, FILE *in);
void vec_sort(struct vec *v);
void vec_free(struct vec *v);
#endif
