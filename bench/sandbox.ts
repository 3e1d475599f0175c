import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const description =
  'sandboxes made ahead, against classic chroot scripts, and a thousand packages, some of them dirty';

/**
 * `npm run bench -- sandbox [ROUNDS [PACKAGES [MKSANDBOX]]]`: prepare and clean, 200 times, drivers linux and mounts
 * and a pair of classic chroot scripts; then 1,000 packages in a row through 4 slots, every tenth of which leaves a
 * daemon, a busy file or a full disk. MKSANDBOX: the script of pkgtools/mksandbox, in place of ours that takes its
 * steps. Runs in a mount namespace of its own, for the classic ones mount on the host.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') {
    console.log('this bench mounts as root, on Linux');
    return { skipped: 'no root, or no Linux' };
  }
  const dir = mkdtempSync(join(tmpdir(), 'bulkmesh-bench-'));
  try {
    const inside = join(import.meta.dirname, 'sandbox/inside.ts');
    const words = [
      '--mount',
      '--propagation',
      'private',
      process.execPath,
      '--expose-gc',
      inside,
      dir,
      ...args,
    ];
    const { status } = spawnSync('unshare', words, { stdio: 'inherit' });
    if (status !== 0) throw new Error(`the bench ended with status ${status}`);
    const figures: Record<string, unknown> = JSON.parse(readFileSync(join(dir, 'figures.json'), 'utf8'));
    return figures;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
