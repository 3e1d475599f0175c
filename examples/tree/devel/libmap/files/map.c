#include "map.h"

#include <string.h>

void
map_set(struct map *m, const char *key, const char *value)
{
	vec_push(&m->keys, key);
	vec_push(&m->values, value);
}

const char *
map_get(const struct map *m, const char *key)
{
	for (size_t i = m->keys.count; i > 0; i--)
		if (strcmp(m->keys.items[i - 1], key) == 0)
			return m->values.items[i - 1];
	return NULL;
}

void
map_free(struct map *m)
{
	vec_free(&m->keys);
	vec_free(&m->values);
}
