# Prints one pkg_summary record. Input: +CONTENTS +COMMENT +SIZE_PKG +BUILD_INFO +DESC of one package, in
# this order. FILE_NAME=... and FILE_SIZE=... come from the environment; both are empty for an installed
# package.

BEGIN {
	n = split("BUILD_DATE CATEGORIES HOMEPAGE LICENSE MACHINE_ARCH OPSYS OS_VERSION PKGPATH PKGTOOLS_VERSION " \
	    "PKG_OPTIONS PREV_PKGPATH PROVIDES REQUIRES SUPERSEDES", words, " ")
	for (i = 1; i <= n; i++) wanted[words[i]] = 1
}
FNR == 1 { file = FILENAME; sub(/^.*\//, "", file) }
file == "+CONTENTS" && /^@name / { print "PKGNAME=" $2 }
file == "+CONTENTS" && /^@pkgdep / { print "DEPENDS=" $2 }
file == "+CONTENTS" && /^@pkgcfl / { print "CONFLICTS=" $2 }
file == "+COMMENT" { print "COMMENT=" $0 }
file == "+SIZE_PKG" { print "SIZE_PKG=" $1 }
file == "+BUILD_INFO" && (substr($0, 1, index($0, "=") - 1) in wanted) { print }
file == "+DESC" { desc[++lines] = $0 }
END {
	if (ENVIRON["FILE_NAME"] != "") print ENVIRON["FILE_NAME"]
	if (ENVIRON["FILE_SIZE"] != "") print ENVIRON["FILE_SIZE"]
	for (i = 1; i <= lines; i++) print "DESCRIPTION=" desc[i]
	print ""
}
