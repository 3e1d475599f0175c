# First input: the files that a new package NAME brings, relative to PREFIX. All others: +CONTENTS of
# installed packages. Prints `file OTHER PATH` for each file that one of them has, and `pattern OTHER
# PATTERN` for each @pkgcfl of theirs.

BEGIN { prefix = ENVIRON["PREFIX"] }
FILENAME == ARGV[1] { mine[prefix "/" $0] = 1; next }
FNR == 1 { other = ""; cwd = "" }
/^@name / { other = $2 }
/^@cwd / { cwd = $2 }
/^@pkgcfl / { print "pattern", other, $2 }
/^[^@]/ && ((cwd "/" $0) in mine) { print "file", other, cwd "/" $0 }
