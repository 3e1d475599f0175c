import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../../../src/sandbox/process.ts';
import { makeTempDir } from './host.ts';

const apart = ['unshare', '--mount', '--propagation', 'private', '--'];

/** Why chroots cannot be played here; undefined where they can. */
export const noChroots: string | undefined =
  process.platform !== 'linux'
    ? 'not Linux'
    : process.getuid?.() !== 0
      ? 'not root'
      : (await runTool([...apart, 'true'])).ok
        ? undefined
        : 'no mount namespaces';

/** For the title of a suite: says loudly what is skipped, and why. */
export const chrootTitle = (title: string): string =>
  noChroots === undefined ? title : `${title} (SKIPPED: needs root and mounts: ${noChroots})`;

/** Plays a scene of `chroot-scenes.ts` in a mount namespace of its own, and gives what it saw. */
export async function play(scene: string): Promise<unknown> {
  const dir = makeTempDir();
  try {
    const script = join(import.meta.dirname, 'chroots.ts');
    const { ok, stdout, stderr } = await runTool([...apart, process.execPath, script, scene, dir]);
    if (!ok) throw new Error(stderr);
    return JSON.parse(stdout.replaceAll(dir, ''));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
