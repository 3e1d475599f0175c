import type { Late } from './late.ts';
import type { Rights, SlotPlan } from './plan.ts';

/**
 * 1 place   2 options. What has a link on the way to it is not what was planned; nothing inside runs yet, so that it stays
 * as it is found.
 */
const mountScript = `
set -eu
[ "$(realpath -- "$1")" = "$1" ] || { echo "a link leads to $1" >&2; exit 1; }
mount -t tmpfs -o "$2" bulkmesh "$1"
`;

/** What a file takes of the kernel's memory beside its content is not counted by size: so many bytes for one file. */
const bytesPerInode = 2048;
const inodesMin = 16_384;

/**
 * Puts the work area of a prepared sandbox into memory, at most `sizeBytes` of it, until the sandbox goes. Throws
 * SANDBOX_LATE.
 */
export async function mountWorkArea(
  late: Late,
  { target, uid, gid }: NonNullable<SlotPlan['work']>,
  sizeBytes: number,
  rights: Rights,
): Promise<void> {
  const inodes = Math.max(inodesMin, Math.ceil(sizeBytes / bytesPerInode));
  const options = `size=${Math.max(1, sizeBytes)},nr_inodes=${inodes},mode=755`;
  // Without root everything is its account's, whose number the user namespace does not have.
  const owner = rights === 'root' ? `,uid=${uid},gid=${gid}` : '';
  await late.run(mountScript, [late.root + target, options + owner]);
}
