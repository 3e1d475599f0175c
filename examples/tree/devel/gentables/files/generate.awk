# Prints one C file of `count` functions whose names begin with `name`, and a sum over them.
BEGIN {
	for (i = 0; i < count; i++)
		printf "static unsigned %s_%d(unsigned x) { unsigned t[8], s = 0; for (int k = 0; k < 8; k++) t[k] = x * %d + k * %d; " \
		    "for (int k = 0; k < 8; k++) s = s * 31 + (t[k] ^ (s >> %d)); return s; }\n", name, i, 2 * i + 3, 7 * i + 1, i % 13 + 1
	printf "unsigned %s(unsigned x)\n{\n", name
	for (i = 0; i < count; i++) printf "\tx ^= %s_%d(x);\n", name, i
	print "\treturn x;\n}"
}
