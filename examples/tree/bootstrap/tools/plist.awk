# Takes a +CONTENTS file apart. Sets of lines go to the files that ENVIRON names (unset: not wanted);
# "NAME PREFIX" of the package goes to standard output.
#	FILES	names relative to the prefix		DEPS	patterns of @pkgdep
#	EXACT	names of @blddep			CFLS	patterns of @pkgcfl

/^@ignore/ { skip = 1; next }
/^@name / { name = $2 }
/^@cwd / && prefix == "" { prefix = $2 }
/^@pkgdep / { put(ENVIRON["DEPS"], $2) }
/^@blddep / { put(ENVIRON["EXACT"], $2) }
/^@pkgcfl / { put(ENVIRON["CFLS"], $2) }
/^[^@]/ && !skip { put(ENVIRON["FILES"], $0) }
{ skip = 0 }

END { print name, prefix }

function put(file, line) { if (file != "") print line > file }
