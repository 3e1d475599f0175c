#!/bin/sh
# Writes META/size-pkg, the bytes of the files in META/plist, and META/size-all, which adds all packages
# needed at run time.
#	package-sizes.sh PKG_DBDIR STAGED_PREFIX META RDEPENDS
set -eu
dbdir=$1 stage=$2 meta=$3 rdepends=$4

own=0
while read -r file; do
	case $file in @*) continue ;; esac
	[ ! -f "$stage/$file" ] || printf '%s\n' "$stage/$file"
done <"$meta/plist" >"$meta/staged"
[ ! -s "$meta/staged" ] || own=$(xargs cat <"$meta/staged" | wc -c)
echo $((own)) >"$meta/size-pkg"

# A package is needed when it is a dependency of type full, or when its +REQUIRED_BY names one that is
# needed.
total=$((own))
needed=$(awk '$1 == "full" { print $3 }' "$rdepends")
if [ -n "$needed" ]; then
	total=$(awk -v own="$total" -v needed="$needed" '
		BEGIN { n = split(needed, list, "\n"); for (i = 1; i <= n; i++) want[list[i]] = 1 }
		{ n = split(FILENAME, part, "/"); name = part[n - 1]; all[name] = 1 }
		FILENAME ~ /\+REQUIRED_BY$/ { by[name] = by[name] "\n" $0 }
		FILENAME ~ /\+SIZE_PKG$/ { size[name] = $1 }
		END {
			do {
				grown = 0
				for (name in by) {
					if (name in want) continue
					n = split(by[name], list, "\n")
					for (i = 1; i <= n; i++)
						if (list[i] in want) { want[name] = 1; grown = 1 }
				}
			} while (grown)
			for (name in want) own += size[name]
			print own
		}' $(ls "$dbdir"/*/+SIZE_PKG "$dbdir"/*/+REQUIRED_BY 2>/dev/null))
fi
echo "$total" >"$meta/size-all"
