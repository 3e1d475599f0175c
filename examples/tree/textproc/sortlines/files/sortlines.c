#include <vec.h>

int
main(void)
{
	struct vec lines = {0};

	vec_read(&lines, stdin);
	vec_sort(&lines);
	for (size_t i = 0; i < lines.count; i++)
		puts(lines.items[i]);
	vec_free(&lines);
	return fflush(stdout) != 0;
}
