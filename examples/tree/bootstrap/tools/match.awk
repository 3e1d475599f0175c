# Package patterns, by the rules of pkg_install: alternates {a,b}, relations (>= <), globs, exact names.
# Reads package names on standard input, one a line, and prints the best match of ENVIRON["PATTERN"]
# (highest version; of equals the name that sorts later). With ENVIRON["ALL"] set it prints every match.
# Exit status: 0 when something matched, else 1.

BEGIN { pattern = ENVIRON["PATTERN"]; all = ENVIRON["ALL"] != "" }

$0 != "" && matches(pattern, $0) {
	found = 1
	if (all) print
	else if (best == "" || better($0, best)) best = $0
}

END {
	if (best != "") print best
	exit !found
}

function better(a, b,    order) {
	order = compare(version(a), version(b))
	return order > 0 || (order == 0 && a > b)
}

function matches(pat, name) {
	if (index(pat, "{")) return match_alternates(pat, name)
	if (pat ~ /[<>]/) return match_relation(pat, name)
	if (pat ~ /[*?\[\]]/) return name ~ glob_regex(pat)
	return pat == name
}

# Expands the first brace group and tries each of its words.
function match_alternates(pat, name,    open, i, c, depth, start, head, tail, n, words) {
	open = index(pat, "{")
	head = substr(pat, 1, open - 1)
	start = open + 1
	for (i = open; i <= length(pat); i++) {
		c = substr(pat, i, 1)
		if (c == "{") depth++
		if ((c == "," && depth == 1) || (c == "}" && depth == 1)) {
			words[++n] = substr(pat, start, i - start)
			start = i + 1
		}
		if (c == "}" && --depth == 0) break
	}
	if (depth != 0) return 0
	tail = substr(pat, i + 1)
	for (i = 1; i <= n; i++)
		if (matches(head words[i] tail, name)) return 1
	return 0
}

function match_relation(pat, name,    at, size) {
	at = match(pat, /[<>]/)
	if (base(name) != substr(pat, 1, at - 1)) return 0
	pat = substr(pat, at)
	while (match(pat, /^[<>]=?[^<>]*/)) {
		size = RLENGTH
		if (!in_bound(substr(pat, 1, size), version(name))) return 0
		pat = substr(pat, size + 1)
	}
	return 1
}

function in_bound(bound, have,    op, order) {
	match(bound, /^[<>]=?/)
	op = substr(bound, 1, RLENGTH)
	order = compare(have, substr(bound, RLENGTH + 1))
	if (op == ">") return order > 0
	if (op == ">=") return order >= 0
	if (op == "<") return order < 0
	return order <= 0
}

function glob_regex(pat,    i, c, regex) {
	for (i = 1; i <= length(pat); i++) {
		c = substr(pat, i, 1)
		if (c == "*") regex = regex ".*"
		else if (c == "?") regex = regex "."
		else if (c == "!" && substr(pat, i - 1, 1) == "[") regex = regex "^"
		else if (c ~ /[.+^$()|\\]/) regex = regex "\\" c
		else regex = regex c
	}
	return "^" regex "$"
}

function base(name) { sub(/-[^-]*$/, "", name); return name }
function version(name) { sub(/^.*-/, "", name); return name }

# Below, at or above 0 as version a is older than, equal to or newer than version b.
function compare(a, b,    na, nb, i, ta, tb) {
	na = parse(a, ta)
	nb = parse(b, tb)
	for (i = 1; i <= na || i <= nb; i++)
		if (ta[i] + 0 != tb[i] + 0) return ta[i] - tb[i]
	return ta["nb"] - tb["nb"]
}

# Splits a version into numbers out[1..n]; out["nb"] is the package revision.
function parse(text, out,    n) {
	out["nb"] = 0
	text = tolower(text)
	while (text != "") {
		if (match(text, /^[0-9]+/)) out[++n] = substr(text, 1, RLENGTH) + 0
		else if (match(text, /^(\.|_|pl)/)) out[++n] = 0
		else if (match(text, /^alpha/)) out[++n] = -3
		else if (match(text, /^beta/)) out[++n] = -2
		else if (match(text, /^(pre|rc)/)) out[++n] = -1
		else if (match(text, /^nb[0-9]+/)) out["nb"] = substr(text, 3, RLENGTH - 2) + 0
		else if (match(text, /^[a-z]/)) {
			out[++n] = 0
			out[++n] = index("abcdefghijklmnopqrstuvwxyz", substr(text, 1, 1))
		} else RLENGTH = 1
		text = substr(text, RLENGTH + 1)
	}
	return n + 0
}
