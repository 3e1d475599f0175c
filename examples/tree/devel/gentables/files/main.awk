# Prints the main program that adds up the tables named on the command line.
BEGIN {
	print "#include <stdio.h>"
	for (i = 1; i < ARGC; i++) printf "unsigned %s(unsigned);\n", ARGV[i]
	print "int main(void)\n{\n\tunsigned x = 1;"
	for (i = 1; i < ARGC; i++) printf "\tx += %s(x);\n", ARGV[i]
	print "\treturn printf(\"%u\\n\", x) < 0;\n}"
}
