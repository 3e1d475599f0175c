/**
 * sh text that sources the file `$1` as pbulk's scripts do (under `set -e`) and then writes to descriptor 3 what
 * `parseAnswer` reads, of the variables that `$2`... name. Those names are the only data in it, and must be names.
 *
 * A file with a syntax error is found before anything of it runs. The file cannot see descriptor 3. It may change the
 * positional parameters, IFS and the shell's options; what is needed afterwards is in functions and a read-only
 * variable. `ulimit` notes what it is told and limits nothing: the shell that reads the file must be able to answer,
 * and a value above its own limit is a good setting all the same.
 */
export const readScript = `
bulkmesh_conf=$1
shift
bulkmesh_names=$*
readonly bulkmesh_conf bulkmesh_names
bulkmesh_ulimits=
ulimit() {
  bulkmesh_letter=f bulkmesh_set=
  for bulkmesh_word do
    case $bulkmesh_word in
      -S | -H | -SH | -HS) ;;
      -?*) bulkmesh_letter=\${bulkmesh_word#"\${bulkmesh_word%?}"} ;;
      *)
        bulkmesh_set=yes
        case $bulkmesh_word in
          '' | *[!A-Za-z0-9]*) bulkmesh_word='?' ;;
        esac
        case $bulkmesh_letter in
          [A-Za-z]) bulkmesh_ulimits="$bulkmesh_ulimits $bulkmesh_letter=$bulkmesh_word" ;;
        esac ;;
    esac
  done
  [ "$bulkmesh_set" = yes ] || command ulimit "$@"
}
bulkmesh_tell() {
  set +eufx
  unset IFS
  for bulkmesh_word in $bulkmesh_names; do
    eval "bulkmesh_set=\\\${$bulkmesh_word+yes} bulkmesh_value=\\\${$bulkmesh_word-}"
    [ -z "$bulkmesh_set" ] || command printf 'v\\0%s\\0%s\\0' "$bulkmesh_word" "$bulkmesh_value"
  done
  for bulkmesh_word in $bulkmesh_ulimits; do
    command printf 'u\\0%s\\0%s\\0' "\${bulkmesh_word%%=*}" "\${bulkmesh_word#*=}"
  done
  command printf 'end\\0'
}
set -e
/bin/sh -n "$bulkmesh_conf" </dev/null 3>&-
. "$bulkmesh_conf" </dev/null 3>&-
bulkmesh_tell >&3
`;

const assignment = /(?:^|[\s;&|(){}`])([A-Za-z_][A-Za-z0-9_]*)=/g;

/** More names than that are no configuration. */
const namesMax = 1000;

/**
 * Names that the text of a shell fragment seems to assign, each once. It is a look at the text only: one too many
 * is not set when the shell is asked, and one that another file sets is not found.
 */
export function findAssignedNames(text: string): readonly string[] {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    if (line.trimStart().startsWith('#')) continue;
    for (const [, name] of line.matchAll(assignment)) {
      if (name !== undefined && !name.startsWith('bulkmesh_')) names.add(name);
      if (names.size >= namesMax) return [...names];
    }
  }
  return [...names];
}
