#include <str.h>

void str_reverse(struct str *s);

int
main(void)
{
	struct str line = {0};

	while (str_read_line(&line, stdin)) {
		str_reverse(&line);
		puts(line.text);
	}
	return 0;
}
