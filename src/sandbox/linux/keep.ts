import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { SandboxError } from '../error.ts';
import type { KeptPart } from '../keep/record.ts';
import { type MountEntry, readMounts } from '../mounts.ts';
import { isWithin } from '../names.ts';
import { removeTree } from '../remove.ts';
import type { Late } from './late.ts';
import { layersPlace } from './layers/place.ts';
import type { SlotPlan } from './plan.ts';
import { hostMount } from './script.ts';

/** 1 directory in memory   2 directory on the disk   3 KiB at most. Nothing inside runs any more. */
const copyScript = `
set -eu
kib=$(du -skx -- "$1" | cut -f1)
[ "$kib" -le "$3" ] || { echo "the work area takes $kib KiB of memory, more than may be kept" >&2; exit 1; }
cp -a --one-file-system -- "$1/." "$2/"
`;

/**
 * 1 root of the inside; then four words for each part: where it shows, the options of its overlay or \`bind\`, its
 * writable directory, the work directory to be made. What has a link on the way to it is not what was planned.
 */
const restoreScript = `
set -eu
root=$1
shift
while [ $# -gt 0 ]; do
  place=$root$1
  [ "$(realpath -- "$place")" = "$place" ] || { echo "a link leads to $1" >&2; exit 1; }
  case $2 in
  bind) mount --bind -- "$3" "$place" ;;
  *) mkdir -m 700 -- "$4" && mount -t overlay -o "$2" overlay "$place" ;;
  esac
  shift 4
done
`;

/** As layers of dependencies are mounted: what lies in a layer stands on its own. */
const plainOptions = ['nodev', 'index=off', 'metacopy=off', 'redirect_dir=nofollow', 'xino=off'];

/** A directory inside with what was written there, on the host. */
export interface Keepable {
  readonly target: string;
  readonly upper: string;
  readonly lowers: readonly string[];
}

export interface KeepSource {
  readonly slotDir: string;
  readonly plan: SlotPlan;
  readonly late: Late;
  readonly initPid: number;
}

/**
 * What is worth keeping of a slot in which nothing runs any more: work area, home, prefix, package database. A work area in
 * memory is copied to the slot's directory on the disk, if it takes at most `bytesMax`. Throws SANDBOX_NOT_KEPT and
 * SANDBOX_LATE.
 */
export async function findKeepable(source: KeepSource, bytesMax: number): Promise<readonly Keepable[]> {
  const { plan, slotDir, late, initPid } = source;
  const mounts = readMounts(initPid);
  const opaque = new Set(plan.parts.map(({ target }) => target));
  const found: Keepable[] = [];
  for (const planned of plan.inside) {
    if (planned.kind === 'bind' || (planned.kind === 'overlay' && !opaque.has(planned.target))) continue;
    const { target } = planned;
    // What is mounted in it would be hidden when it is mounted again.
    if (plan.inside.some((other) => other !== planned && isWithin(other.target, target))) continue;
    const own = join(slotDir, 'layers', String(planned.layer));
    if (!existsSync(own)) {
      throw new SandboxError('SANDBOX_NOT_KEPT', 'what was built lay in memory: sandbox.storage is "tmpfs"', {
        hint: 'set sandbox.storage to another value to have sandboxes of failed packages kept',
      });
    }
    const mount = mounts.findLast((one) => one.target === target);
    // A file system of its own; the slot's directory may lie on such a one as well, and shows a part of it then.
    if (mount?.type === 'tmpfs' && mount.root === '/') {
      await late.run(copyScript, [late.root + target, own, String(Math.floor(bytesMax / 1024))]);
    }
    found.push({
      target,
      upper: own,
      lowers: [],
      ...(mount?.type === 'overlay' ? readOverlay(mount, slotDir, plan) : {}),
    });
  }
  return found;
}

/** Moves what was found to `dir`, which is made. The slot's namespaces are gone. */
export function moveKept(found: readonly Keepable[], dir: string): readonly KeptPart[] {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return found.map(({ target, upper, lowers }, index) => {
    const layer = String(index);
    renameSync(upper, join(dir, layer));
    return { target, layer, lowers: [...lowers] };
  });
}

/**
 * Mounts kept parts over those of a fresh sandbox in which nothing has run yet. Returns those that cannot be shown any more
 * since what lay below them is gone. Throws SANDBOX_LATE.
 */
export async function restoreKept(
  late: Late,
  dir: string,
  parts: readonly KeptPart[],
  overlayOptions: readonly string[],
): Promise<readonly string[]> {
  const isWhole = ({ lowers }: KeptPart): boolean => lowers.every((lower) => existsSync(lower));
  const words: string[] = [];
  for (const part of parts.filter(isWhole)) {
    const upper = join(dir, part.layer);
    // An overlay that was `volatile` wants a work directory that was never used.
    const work = `${upper}.work`;
    await removeTree(work);
    const options = [
      ...[`lowerdir=${part.lowers.join(':')}`, `upperdir=${upper}`, `workdir=${work}`],
      ...[...plainOptions, ...overlayOptions],
    ];
    words.push(part.target, part.lowers.length === 0 ? 'bind' : options.join(','), upper, work);
  }
  await late.run(restoreScript, [late.root, ...words]);
  return parts.filter((part) => !isWhole(part)).map(({ target }) => target);
}

/** The directories of the host that make an overlay, from the kernel's words for it. Throws SANDBOX_NOT_KEPT for others'. */
function readOverlay(mount: MountEntry, slotDir: string, plan: SlotPlan): Pick<Keepable, 'upper' | 'lowers'> {
  const { superOptions } = mount;
  const values = (key: string): readonly string[] =>
    superOptions.split(',').flatMap((option) => (option.startsWith(key) ? [option.slice(key.length)] : []));
  // Those of layers of dependencies are named from the directory of these.
  const base = layersPlace(dirname(dirname(slotDir)));
  const place = (path: string): string => {
    if (isWithin(path, hostMount)) return path.slice(hostMount.length);
    return isAbsolute(path) ? path : join(base, path);
  };
  const lowers = [...values('lowerdir='), ...values('lowerdir+=')].flatMap((text) => text.split(':'));
  const [upper = ''] = values('upperdir=');
  const found = { upper: place(upper), lowers: lowers.map(place) };
  const kits = plan.parts.flatMap(({ kit }) => kit ?? []);
  const isOurs = (path: string): boolean =>
    normalize(path) === path && [slotDir, base, ...kits].some((dir) => path !== dir && isWithin(path, dir));
  // Where there are no user namespaces, root inside can mount over it, and its paths are not those of the host.
  if (isOurs(found.upper) && found.lowers.every((path) => isOurs(path) || kits.includes(path))) return found;
  throw new SandboxError('SANDBOX_NOT_KEPT', `${mount.target} is not what was mounted there`, {
    hint: 'the package mounted something over it',
  });
}
