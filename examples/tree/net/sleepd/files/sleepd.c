#include <stdlib.h>
#include <str.h>
#include <unistd.h>

/* sleepd FILE SECONDS: holds FILE open in the background. Without arguments it only shows that it runs. */
int
main(int argc, char **argv)
{
	struct str line = {0};
	FILE *held;

	if (argc != 3) {
		str_add(&line, "sleepd runs", 11);
		puts(line.text);
		str_free(&line);
		return 0;
	}
	if ((held = fopen(argv[1], "w")) == NULL) {
		perror(argv[1]);
		return 1;
	}
	if (fork() > 0)
		return 0;
	setsid();
	if (fork() > 0)
		return 0;
	fprintf(held, "%ld\n", (long)getpid());
	fflush(held);
	sleep((unsigned)atoi(argv[2]));
	return 0;
}
