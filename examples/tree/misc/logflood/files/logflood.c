#include <stdlib.h>
#include <str.h>

int
main(int argc, char **argv)
{
	struct str line = {0};
	long lines = argc == 2 ? atol(argv[1]) * 16384 : 1;

	while (line.length < 63)
		str_add_char(&line, (char)('!' + line.length));
	while (lines-- > 0 && puts(line.text) >= 0)
		continue;
	str_free(&line);
	return fflush(stdout) != 0;
}
