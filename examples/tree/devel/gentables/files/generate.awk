# Prints one C file of `count` functions whose names begin with `name`, and a sum over them.
BEGIN {
	for (i = 0; i < count; i++) {
		printf "static unsigned %s_%d(unsigned x)\n{\n\tunsigned t[8], s = 0;\n", name, i
		printf "\tfor (int k = 0; k < 8; k++)\n\t\tt[k] = x * %d + k * %d;\n", 2 * i + 3, 7 * i + 1
		printf "\tfor (int k = 0; k < 8; k++)\n\t\ts = s * 31 + (t[k] ^ (s >> %d));\n", i % 13 + 1
		print "\treturn s;\n}"
	}
	printf "unsigned %s(unsigned x)\n{\n", name
	for (i = 0; i < count; i++) printf "\tx ^= %s_%d(x);\n", name, i
	print "\treturn x;\n}"
}
