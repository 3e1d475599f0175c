#include "tmpl.h"

#include <string.h>

void
tmpl_expand(struct str *out, const char *text, const struct map *values)
{
	const char *open;

	while ((open = strchr(text, '@')) != NULL) {
		const char *close = strchr(open + 1, '@');
		struct str name = {0};
		const char *value;

		if (close == NULL)
			break;
		str_add(&name, open + 1, (size_t)(close - open - 1));
		value = map_get(values, name.text);
		str_free(&name);
		str_add(out, text, (size_t)(open - text));
		if (value == NULL) {
			str_add(out, open, (size_t)(close - open));
			text = close;
		} else {
			str_add(out, value, strlen(value));
			text = close + 1;
		}
	}
	str_add(out, text, strlen(text));
}
