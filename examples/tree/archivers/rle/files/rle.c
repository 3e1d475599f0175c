#include <stdio.h>
#include <string.h>

static int
pack(void)
{
	int c = getchar();

	while (c != EOF) {
		int next = getchar(), count = 1;

		while (next == c && count < 255) {
			count++;
			next = getchar();
		}
		putchar(count);
		putchar(c);
		c = next;
	}
	return fflush(stdout) != 0;
}

static int
unpack(void)
{
	int count, c;

	while ((count = getchar()) != EOF) {
		if ((c = getchar()) == EOF)
			return 1;
		while (count-- > 0)
			putchar(c);
	}
	return fflush(stdout) != 0;
}

int
main(int argc, char **argv)
{
	return argc == 2 && strcmp(argv[1], "-d") == 0 ? unpack() : pack();
}
