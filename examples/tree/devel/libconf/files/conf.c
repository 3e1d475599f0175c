#include "conf.h"
#include "config.h"

#include <string.h>

#ifndef HAVE_LIBMAP
#error "run configure first"
#endif

static char *
trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && strchr(" \t", end[-1]) != NULL)
		*--end = '\0';
	return text;
}

unsigned
conf_read(struct map *m, FILE *in)
{
	struct vec lines = {0};
	unsigned bad = 0;

	vec_read(&lines, in);
	for (size_t i = 0; i < lines.count && bad == 0; i++) {
		char *line = trim(lines.items[i]);
		char *equals = strchr(line, '=');

		if (*line == '#' || *line == '\0')
			continue;
		if (equals == NULL) {
			bad = (unsigned)i + 1;
		} else {
			*equals = '\0';
			map_set(m, trim(line), trim(equals + 1));
		}
	}
	vec_free(&lines);
	return bad;
}
