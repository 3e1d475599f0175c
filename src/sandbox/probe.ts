import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { trashName } from './cleanup/place.ts';
import type { Account } from './linux/account.ts';
import type { Storage } from './linux/build.ts';
import { findAccount, runMapped } from './linux/outer.ts';
import type { Rights } from './linux/plan.ts';
import { explainRefusal } from './linux/refusal.ts';
import { runTool, toolPath } from './process.ts';
import { slotsDir } from './record.ts';
import { removeEmpty, removeTree } from './remove.ts';

export type Probe =
  | { readonly kind: 'works'; readonly overlayOptions: readonly string[]; readonly account: Account }
  | { readonly kind: 'fails'; readonly why: string; readonly hint: string };

const namespaces = ['--mount', '--pid', '--fork', '--ipc', '--uts', '--net', '--kill-child'];

/** In namespaces of its own: 1 directory, 2 `tmpfs` or `disk`, 3 further overlay options, each after a comma. */
const overlayScript = `
set -e
cd "$1"
[ "$2" = disk ] || mount -t tmpfs -o mode=755 bulkmesh "$1"
mkdir -p "$1/lower/dir" "$1/upper" "$1/work" "$1/merged"
: >"$1/lower/dir/file"
mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work$3" overlay "$1/merged"
echo x >"$1/merged/file"
rm "$1/merged/file"
`;

/** What else an agent without root depends on: directories made anew, a proc of its own, devices of the host. */
const ownScript = `${overlayScript}
rm -r "$1/merged/dir"
mkdir "$1/merged/dir"
[ ! -e "$1/merged/dir/file" ] || { echo 'overlay: a directory made anew shows what was in the old one' >&2; exit 1; }
mkdir "$1/proc"
mount -t proc proc "$1/proc"
: >"$1/null"
mount --bind /dev/null "$1/null"
echo x >"$1/null"
`;

/**
 * Tries what driver `linux` needs, in a scratch directory below the state directory: root or a user namespace in its
 * place, namespaces, an overlay on the storage that the slots will use, with `volatile` if this kernel takes it.
 * Leaves nothing behind.
 */
export async function probeLinux(stateDir: string, storage: Storage): Promise<Probe> {
  if (process.platform !== 'linux') {
    return {
      kind: 'fails',
      why: `this is ${process.platform}, not Linux`,
      hint: 'set sandbox.driver = "none"',
    };
  }
  const account = await findAccount();
  return account.kind === 'root' ? probeAsRoot(stateDir, storage) : probeOwn(stateDir, storage, account);
}

async function probeOwn(stateDir: string, storage: Storage, account: Account): Promise<Probe> {
  let said = '';
  for (const overlayOptions of [['volatile', 'userxattr'], ['userxattr']]) {
    const tried = await probeOverlay(stateDir, storage, overlayOptions, 'own');
    if (tried === undefined) return { kind: 'works', overlayOptions, account };
    said = tried;
  }
  const { why, hint } = explainRefusal(said);
  const words = 'the agent does not run as root, and this host gives it no sandbox without';
  return { kind: 'fails', why: `${words}: ${why}`, hint };
}

async function probeAsRoot(stateDir: string, storage: Storage): Promise<Probe> {
  const unshared = await runTool([toolPath('unshare'), ...namespaces, '--propagation', 'private', 'true']);
  if (!unshared.ok) {
    const hint = 'in a container, give it the rights to make namespaces and to mount (--privileged)';
    return { kind: 'fails', why: `cannot make namespaces: ${unshared.stderr}`, hint };
  }
  for (const overlayOptions of [['volatile'], []]) {
    const why = await probeOverlay(stateDir, storage, overlayOptions, 'root');
    if (why === undefined) return { kind: 'works', overlayOptions, account: { kind: 'root' } };
    if (overlayOptions.length > 0) continue;
    const hint =
      storage === 'tmpfs'
        ? 'load the kernel module "overlay", or set sandbox.driver = "none"'
        : 'the state directory must lie on a local disk that is no overlay itself: move it, or set sandbox.storage = "tmpfs"';
    return { kind: 'fails', why: `cannot mount an overlay below ${stateDir}: ${why}`, hint };
  }
  return { kind: 'fails', why: 'no set of overlay options was tried', hint: '' };
}

async function probeOverlay(
  stateDir: string,
  storage: Storage,
  overlayOptions: readonly string[],
  rights: Rights,
): Promise<string | undefined> {
  // A name that the next sweep takes for trash, should this process die here.
  const slots = slotsDir(stateDir);
  const dir = `${slots}/${trashName('probe', randomBytes(6).toString('hex'))}`;
  let made: string | undefined;
  let isMade = false;
  try {
    made = mkdirSync(slots, { recursive: true, mode: 0o700 });
    mkdirSync(dir, { mode: 0o700 });
    isMade = true;
    const options = overlayOptions.map((option) => `,${option}`).join('');
    const spaces = rights === 'root' ? ['--mount'] : namespaces;
    const script = rights === 'root' ? overlayScript : ownScript;
    const done = await runMapped([
      ...[toolPath('unshare'), ...spaces, '--propagation', 'private'],
      ...['sh', '-c', script, 'probe', dir, storage, options],
    ]);
    return done.ok ? undefined : done.stderr;
  } catch (error) {
    return messageOf(error);
  } finally {
    if (isMade) await removeTree(dir);
    if (made !== undefined) removeEmpty(slots, made);
  }
}
