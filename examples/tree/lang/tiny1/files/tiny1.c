#include <ctype.h>
#include <stdlib.h>
#include <str.h>
#include <string.h>

static long stack[256];
static int depth;

static long
pop(void)
{
	if (depth == 0) {
		fprintf(stderr, "tiny1: stack is empty\n");
		exit(1);
	}
	return stack[--depth];
}

static void
push(long value)
{
	if (depth == 256) {
		fprintf(stderr, "tiny1: stack is full\n");
		exit(1);
	}
	stack[depth++] = value;
}

static void
run(const char *word)
{
	long a;

	if (isdigit((unsigned char)*word)) {
		push(atol(word));
	} else if (strcmp(word, "+") == 0) {
		a = pop();
		push(pop() + a);
	} else if (strcmp(word, "*") == 0) {
		a = pop();
		push(pop() * a);
	} else if (strcmp(word, "print") == 0) {
		printf("%ld\n", pop());
	} else {
		fprintf(stderr, "tiny1: what is %s?\n", word);
		exit(1);
	}
}

int
main(void)
{
	struct str line = {0};

	while (str_read_line(&line, stdin)) {
		if (*line.text == '#')
			continue;
		for (char *word = strtok(line.text, " \t"); word != NULL; word = strtok(NULL, " \t"))
			run(word);
	}
	str_free(&line);
	return fflush(stdout) != 0;
}
