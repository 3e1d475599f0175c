import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { Storage } from './linux/build.ts';
import { runTool, toolPath } from './process.ts';
import { slotsDir } from './record.ts';
import { removeEmpty, removeTree } from './remove.ts';
import { trashName } from './slot-dir.ts';

export type Probe =
  | { readonly kind: 'works'; readonly overlayOptions: readonly string[] }
  | { readonly kind: 'fails'; readonly why: string; readonly hint: string };

const namespaces = ['--mount', '--pid', '--fork', '--ipc', '--uts', '--net', '--kill-child'];

/** In namespaces of its own: 1 directory, 2 `tmpfs` or `disk`, 3 further overlay options, each after a comma. */
const overlayScript = `
set -e
cd "$1"
[ "$2" = disk ] || mount -t tmpfs bulkmesh "$1"
mkdir "$1/lower" "$1/upper" "$1/work" "$1/merged"
mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work$3" overlay "$1/merged"
echo x >"$1/merged/file"
rm "$1/merged/file"
`;

/**
 * Tries what driver `linux` needs, in a scratch directory below the state directory: root, namespaces, an overlay
 * on the storage that the slots will use, with `volatile` if this kernel takes it. Leaves nothing behind.
 */
export async function probeLinux(stateDir: string, storage: Storage): Promise<Probe> {
  if (process.platform !== 'linux') {
    return {
      kind: 'fails',
      why: `this is ${process.platform}, not Linux`,
      hint: 'set sandbox.driver = "none"',
    };
  }
  if (process.getuid?.() !== 0) {
    return {
      kind: 'fails',
      why: 'the agent does not run as root',
      hint: 'start it as root: sudo bulkmesh agent',
    };
  }
  const unshared = await runTool([toolPath('unshare'), ...namespaces, '--propagation', 'private', 'true']);
  if (!unshared.ok) {
    const hint = 'in a container, give it the rights to make namespaces and to mount (--privileged)';
    return { kind: 'fails', why: `cannot make namespaces: ${unshared.stderr}`, hint };
  }
  for (const overlayOptions of [['volatile'], []]) {
    const why = await probeOverlay(stateDir, storage, overlayOptions);
    if (why === undefined) return { kind: 'works', overlayOptions };
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
): Promise<string | undefined> {
  // A name that the next sweep takes for trash, should this process die here.
  const slots = slotsDir(stateDir);
  const dir = `${slots}/${trashName('probe', randomBytes(6).toString('hex'))}`;
  let made: string | undefined;
  try {
    made = mkdirSync(slots, { recursive: true, mode: 0o700 });
    mkdirSync(dir, { mode: 0o700 });
    const options = overlayOptions.map((option) => `,${option}`).join('');
    const unshare = [toolPath('unshare'), '--mount', '--propagation', 'private'];
    const done = await runTool([...unshare, 'sh', '-c', overlayScript, 'probe', dir, storage, options]);
    return done.ok ? undefined : done.stderr;
  } catch (error) {
    return messageOf(error);
  } finally {
    await removeTree(dir);
    if (made !== undefined) removeEmpty(slots, made);
  }
}
