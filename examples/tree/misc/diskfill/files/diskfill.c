#include <stdlib.h>
#include <str.h>

int
main(int argc, char **argv)
{
	struct str block = {0};
	FILE *out = argc == 3 ? fopen(argv[1], "w") : NULL;

	if (out == NULL) {
		fprintf(stderr, "usage: diskfill file megabytes\n");
		return 2;
	}
	while (block.length < 1 << 20)
		str_add(&block, "filling the disk", 16);
	for (long n = atol(argv[2]); n > 0; n--)
		if (fwrite(block.text, 1, block.length, out) != block.length) {
			perror(argv[1]);
			return 1;
		}
	str_free(&block);
	return fclose(out) != 0;
}
