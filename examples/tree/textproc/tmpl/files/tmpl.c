#include <conf.h>
#include <tmpl.h>

int
main(int argc, char **argv)
{
	struct map values = {0};
	struct str line = {0}, out = {0};
	FILE *conf = argc == 2 ? fopen(argv[1], "r") : NULL;
	unsigned bad;

	if (conf == NULL) {
		fprintf(stderr, "usage: tmpl values.conf <template\n");
		return 2;
	}
	bad = conf_read(&values, conf);
	fclose(conf);
	if (bad != 0) {
		fprintf(stderr, "tmpl: %s: line %u is not key = value\n", argv[1], bad);
		return 1;
	}
	while (str_read_line(&line, stdin)) {
		tmpl_expand(&out, line.text, &values);
		str_add_char(&out, '\n');
	}
	if (out.length > 0)
		fwrite(out.text, 1, out.length, stdout);
	str_free(&line);
	str_free(&out);
	map_free(&values);
	return fflush(stdout) != 0;
}
