#ifndef STR_H
#define STR_H
#include <stddef.h>
#include <stdio.h>

/* A string that grows; text always ends in a NUL. Zero it before first use. */
struct str {
	char *text;
	size_t length;
	size_t room;
};

void str_add(struct str *s, const char *text, size_t length);
void str_add_char(struct str *s, char c);
/* Reads one line without its newline; 0 at the end of the input. */
int str_read_line(struct str *s, FILE *in);
void str_free(struct str *s);
#endif
