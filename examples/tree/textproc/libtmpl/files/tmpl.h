#ifndef TMPL_H
#define TMPL_H
#include <map.h>
#include <str.h>

/* Appends text to out with each @name@ replaced; an unknown name stays as it is. */
void tmpl_expand(struct str *out, const char *text, const struct map *values);
#endif
