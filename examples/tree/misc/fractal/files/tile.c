#include <stdio.h>
#include <stdlib.h>

/* Fixed point, so that every machine draws the same. */
#define ONE (1L << 26)
#define WIDTH 640
#define HEIGHT 60
#define LIMIT 9000

static int
escape(long cr, long ci)
{
	long long r = 0, i = 0;

	for (int n = 0; n < LIMIT; n++) {
		long long rr = r * r / ONE, ii = i * i / ONE;

		if (rr + ii > 4 * ONE)
			return n;
		i = 2 * r * i / ONE + ci;
		r = rr - ii + cr;
	}
	return LIMIT;
}

int
main(int argc, char **argv)
{
	int tile = argc > 1 ? atoi(argv[1]) : 0;

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			putchar(escape(x * (3 * ONE / WIDTH) - 2 * ONE,
			    (tile * HEIGHT + y) * (2 * ONE / (8 * HEIGHT)) - ONE) % 256);
	return fflush(stdout) != 0;
}
