#include <str.h>

int
main(void)
{
	struct str line = {0};

	while (str_read_line(&line, stdin)) {
		for (size_t i = line.length; i > 0; i--)
			putchar(line.text[i - 1]);
		putchar('\n');
	}
	str_free(&line);
	return fflush(stdout) != 0;
}
