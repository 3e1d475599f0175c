#ifndef MAP_H
#define MAP_H
#include <vec.h>

/* Keys and values at equal positions. Zero it before first use. */
struct map {
	struct vec keys;
	struct vec values;
};

/* A later value of a key hides an earlier one. */
void map_set(struct map *m, const char *key, const char *value);
/* NULL when the key is not there. */
const char *map_get(const struct map *m, const char *key);
void map_free(struct map *m);
#endif
