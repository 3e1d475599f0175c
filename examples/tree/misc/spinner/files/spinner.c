#include <stdio.h>

int
main(void)
{
	volatile unsigned long turns = 0;

	puts("now spinning");
	fflush(stdout);
	for (;;)
		turns++;
}
