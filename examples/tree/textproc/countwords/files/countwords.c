#include <ctype.h>
#include <str.h>

int
main(void)
{
	struct str line = {0};
	unsigned long lines = 0, words = 0, chars = 0;

	while (str_read_line(&line, stdin)) {
		int inside = 0;

		lines++;
		chars += line.length + 1;
		for (size_t i = 0; i < line.length; i++) {
			int blank = isspace((unsigned char)line.text[i]);

			words += !blank && !inside;
			inside = !blank;
		}
	}
	str_free(&line);
	return printf("%lu %lu %lu\n", lines, words, chars) < 0;
}
