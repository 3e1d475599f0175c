import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findKeepable } from '../../../src/sandbox/linux/keep.ts';
import type { SlotPlan } from '../../../src/sandbox/linux/plan.ts';
import { makeTempDir, removeTempDir } from '../support/host.ts';
import { chrootTitle, noChroots } from '../support/play.ts';

const nothing = {
  dirs: new Map(),
  links: new Map(),
  copies: new Map(),
  covers: new Map(),
  layers: [],
  system: [],
};

describe.skipIf(noChroots !== undefined)(chrootTitle('what is kept of a slot'), () => {
  let dir: string;
  beforeEach(() => {
    dir = makeTempDir();
    for (const name of ['slots/one/layers/3', 'slots/one/w', 'kit', 'foreign', 'fw', 'prefix']) {
      mkdirSync(join(dir, name), { recursive: true });
    }
  });
  afterEach(() => removeTempDir(dir));

  /** With an overlay at the prefix in the mount namespace of the slot, in which words name directories of `dir`. */
  const find = async (options: string) => {
    const slotDir = join(dir, 'slots/one');
    const text = `mount -t overlay -o "${options.replaceAll('@', `${dir}/`)}" over "$0" && echo up && exec sleep 60`;
    const apart = ['--mount', '--propagation', 'private', 'sh', '-c', text];
    const init = spawn('unshare', [...apart, join(dir, 'prefix')], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(init.stdout, 'data');
      const part = { target: join(dir, 'prefix'), layer: 3, kit: join(dir, 'kit') };
      const overlay = { kind: 'overlay', target: part.target, lowers: [part.kit], layer: 3 } as const;
      const plan: SlotPlan = { ...nothing, inside: [overlay], parts: [part], work: undefined };
      const late = { root: '', run: async () => '', close: () => undefined };
      return await findKeepable({ slotDir, plan, late, initPid: init.pid ?? 0 }, 1000);
    } finally {
      init.kill('SIGKILL');
      await once(init, 'exit');
    }
  };

  it('is what the agent mounted, and never a directory of the host that a package names in a mount of its own', async () => {
    const own = join(dir, 'slots/one/layers/3');
    expect(await find('lowerdir=@kit,upperdir=@slots/one/layers/3,workdir=@slots/one/w')).toEqual([
      { target: join(dir, 'prefix'), upper: own, lowers: [join(dir, 'kit')] },
    ]);
    const refused = { code: 'SANDBOX_NOT_KEPT' };
    await expect(find('lowerdir=@kit,upperdir=@foreign,workdir=@fw')).rejects.toMatchObject(refused);
    await expect(
      find('lowerdir=@foreign,upperdir=@slots/one/layers/3,workdir=@slots/one/w'),
    ).rejects.toMatchObject(refused);
  });
});
