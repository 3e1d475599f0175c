#include "vec.h"

#include <stdlib.h>
#include <str.h>
#include <string.h>

void
vec_push(struct vec *v, const char *text)
{
	size_t size = strlen(text) + 1;

	if (v->count == v->room) {
		v->room = 2 * v->room + 8;
		v->items = realloc(v->items, v->room * sizeof *v->items);
	}
	if (v->items == NULL || (v->items[v->count] = malloc(size)) == NULL)
		abort();
	memcpy(v->items[v->count++], text, size);
}

void
vec_read(struct vec *v, FILE *in)
{
	struct str line = {0};

	while (str_read_line(&line, in))
		vec_push(v, line.text);
	str_free(&line);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
vec_sort(struct vec *v)
{
	if (v->count > 1)
		qsort(v->items, v->count, sizeof *v->items, compare);
}

void
vec_free(struct vec *v)
{
	while (v->count > 0)
		free(v->items[--v->count]);
	free(v->items);
	memset(v, 0, sizeof *v);
}
