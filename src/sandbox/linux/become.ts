import type { UserId } from '../driver.ts';
import { toolPath } from '../process.ts';
import type { Rights } from './plan.ts';

/**
 * Becomes a user, with the supplementary groups that the sandbox's own file gives: packages may have added some. Read
 * inside, where a file that is a pipe holds up the command and not the agent. Arguments: uid, gid, name, program.
 */
const becomeScript = `
uid=$1 gid=$2 name=$3 groups=
shift 3
[ ! -f /etc/group ] || while IFS=: read -r _ _ number members; do
  case ,$members, in
    *,"$name",*) case $number in '' | *[!0-9]*) ;; *) groups=$groups,$number ;; esac ;;
  esac
done </etc/group
if [ -n "$groups" ]; then groups=--groups=\${groups#,}; else groups=--clear-groups; fi
exec setpriv --reuid="$uid" --regid="$gid" "$groups" --inh-caps=-all --no-new-privs -- "$@"
`;

/** What comes before a program inside that is to run as `user`; undefined: as root, with no rights to pass on. */
export function becomeWords(user: UserId | undefined, rights: Rights): readonly string[] {
  if (user === undefined) return [toolPath('setpriv'), '--inh-caps=-all', '--'];
  return rights === 'root' ? becomeUser(user) : seemUser(user);
}

function becomeUser({ uid, gid, name }: UserId): readonly string[] {
  return ['/bin/sh', '-c', becomeScript, 'sh', String(uid), String(gid), name];
}

/**
 * Without root there may be one id only. A further user namespace shows it under the user's number, and without any
 * right of root: programs behave as they do for an ordinary user, but the files of root inside are theirs as well.
 */
function seemUser({ uid, gid }: UserId): readonly string[] {
  return [
    ...[toolPath('unshare'), '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'],
    ...[toolPath('setpriv'), '--inh-caps=-all', '--no-new-privs', '--'],
  ];
}
