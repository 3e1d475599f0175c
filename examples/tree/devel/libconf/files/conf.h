#ifndef CONF_H
#define CONF_H
#include <map.h>
#include <stdio.h>

/* Adds each line `key = value`; # starts a comment line. The number of the first bad line, or 0. */
unsigned conf_read(struct map *m, FILE *in);
#endif
