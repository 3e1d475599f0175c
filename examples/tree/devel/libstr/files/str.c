#include "str.h"

#include <stdlib.h>
#include <string.h>

void
str_add(struct str *s, const char *text, size_t length)
{
	if (s->length + length + 1 > s->room) {
		s->room = 2 * (s->length + length + 1);
		s->text = realloc(s->text, s->room);
		if (s->text == NULL)
			abort();
	}
	memcpy(s->text + s->length, text, length);
	s->length += length;
	s->text[s->length] = '\0';
}

void
str_add_char(struct str *s, char c)
{
	str_add(s, &c, 1);
}

int
str_read_line(struct str *s, FILE *in)
{
	int c = getc(in);

	s->length = 0;
	str_add(s, "", 0);
	if (c == EOF)
		return 0;
	for (; c != EOF && c != '\n'; c = getc(in))
		str_add_char(s, (char)c);
	return 1;
}

void
str_free(struct str *s)
{
	free(s->text);
	memset(s, 0, sizeof *s);
}
