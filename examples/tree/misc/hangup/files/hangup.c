#include <signal.h>
#include <str.h>
#include <unistd.h>

int
main(void)
{
	struct str line = {0};

	str_add(&line, "now hanging", 11);
	puts(line.text);
	fflush(stdout);
	str_free(&line);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	for (;;)
		pause();
}
