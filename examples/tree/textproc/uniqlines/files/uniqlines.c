#include <str.h>
#include <string.h>

int
main(void)
{
	struct str lines[2] = {{0}, {0}};
	int now = 0, any = 0;

	while (str_read_line(&lines[now], stdin)) {
		if (!any || strcmp(lines[0].text, lines[1].text) != 0)
			puts(lines[now].text);
		any = 1;
		now = !now;
	}
	str_free(&lines[0]);
	str_free(&lines[1]);
	return fflush(stdout) != 0;
}
