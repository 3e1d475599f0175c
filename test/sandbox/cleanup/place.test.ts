import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../../src/sandbox/process.ts';
import * as host from '../support/host.ts';
import { readHostState } from '../support/hostState.ts';

const scenes = fileURLToPath(new URL('../support/busy-scenes.ts', import.meta.url));

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('taking a place away'), () => {
  let dir: string;
  let before: ReturnType<typeof readHostState>;
  let told: Record<string, unknown>;
  beforeAll(async () => {
    dir = host.makeTempDir();
    mkdirSync(join(dir, 'slots/ancestors'), { recursive: true });
    before = readHostState(dir, ['9876']);
    const unshare = ['unshare', '--mount', '--propagation', 'private'];
    // Not exec: the shell stays as the parent, in the place of one scene.
    const shell = ['sh', '-c', 'cd "$1/slots/ancestors"; "$2" "$3" "$1"; exit $?', 'sh'];
    const done = await runTool([...unshare, ...shell, dir, process.execPath, scenes]);
    told = JSON.parse(done.stdout.trim().split('\n').at(-1) || JSON.stringify({ failed: done.stderr }));
  }, 60_000);
  afterAll(() => {
    const { mounts, processes } = readHostState(dir, ['9876']);
    host.removeTempDir(dir);
    expect({ mounts, processes }).toEqual({ mounts: before.mounts, processes: [] });
  });
  const gone = { left: 0, isThere: false };

  it('waits for who holds a mount busy for three seconds, and kills nobody who is not in a sandbox', () => {
    expect(told.busyForAWhile).toEqual({ ...gone, said: '1', wasKilled: false });
  });

  it('unmounts lazily below who stays for ever; where that is not possible it says everything tried, and who', () => {
    expect(told.busyForEver).toEqual({
      stubborn: {
        left: 1,
        isThere: true,
        said: expect.stringMatching(
          /still mounted after 8 tries.*\/slots\/ever\/m; .*umount.*busy.*; in use by process \d+ \(sleep, by its working directory\)/s,
        ),
      },
      lazily: { ...gone, said: '1' },
      lives: true,
    });
  });

  it('gives up an umount that hangs and goes on to the next way', () => {
    expect(told.hanging).toEqual({
      told: { left: 1, isThere: true, said: expect.stringContaining('/hangs: no end after 0.3 s') },
      saved: { ...gone, said: '1' },
    });
  });

  it('believes the mount table, and no umount that says it is done, or that it is not', () => {
    expect(told.lying).toEqual({
      told: { left: 1, isThere: true, said: expect.stringContaining('/lies: done, it said') },
      done: { ...gone, said: '1' },
    });
  });

  it('tries again while umount says that it is busy', () => {
    expect(told.busyTwice).toEqual({ ...gone, said: '1' });
  });

  it('leaves mounted on the host what was bound into the place with all below it', () => {
    expect(told.peers).toEqual({ ...gone, said: expect.any(String), kept: true });
  });

  it('deletes nothing of a writable directory of the host that somebody mounted there', () => {
    expect(told.bound).toEqual({ ...gone, said: '3', kept: ['file'] });
  });

  it('kills whoever is inside by root, directory, file or program, and nobody by a mount of the same file system', () => {
    expect(told.occupied).toEqual({
      ...gone,
      said: '2',
      inside: [false, false, false, false],
      others: [true, true],
      enough: true,
    });
  });

  it('never kills itself or its parents', () => {
    expect(told.ancestors).toEqual({ killed: 0, lives: true });
    expect(told.slots).toEqual(['ancestors']);
  });
});
