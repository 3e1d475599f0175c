#include <ctype.h>
#include <str.h>

int
main(void)
{
	struct str line = {0};

	while (str_read_line(&line, stdin)) {
		for (char *c = line.text; *c != '\0'; c++)
			*c = (char)toupper((unsigned char)*c);
		puts(line.text);
	}
	str_free(&line);
	return fflush(stdout) != 0;
}
