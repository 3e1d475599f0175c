import { fchmodSync, ftruncateSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../src/pkgsrc/build/build.ts';
import { FakeSandbox } from '../fakesandbox.ts';
import { answerLikeTree, makePlace, type Place, policy, request, verbOf, WORK_DIR } from './fixture.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

describe('logs', () => {
  it('lie where nobody else gets while a package runs, and are plain files when others may read them', async () => {
    const dir = join(place.logDir, 'tool-1.0');
    const modes: number[] = [];
    const sandbox = new FakeSandbox(
      answerLikeTree({
        all: ({ output }) => {
          modes.push(statSync(dir).mode & 0o777);
          // Root in the sandbox owns the log as it owns its own files.
          if (output.kind === 'log') fchmodSync(output.fd, 0o6777);
          return { code: 1 };
        },
      }),
    );
    await buildPackage(request(place, { sandbox }));
    expect(modes).toEqual([0o700]);
    expect(statSync(dir).mode & 0o7777).toBe(0o755);
    expect(statSync(join(dir, 'build.log')).mode & 0o7777).toBe(0o644);
  });

  it('stay closed when something of the package cannot be killed', async () => {
    const sandbox = new FakeSandbox(answerLikeTree({ 'show-vars': () => ({ code: 1 }) }));
    sandbox.killAll = async () => {
      if (sandbox.commands.length > 0) throw new Error('one process survives');
    };
    await buildPackage(request(place, { sandbox }));
    expect(statSync(join(place.logDir, 'tool-1.0')).mode & 0o777).toBe(0o700);
  });

  const logNames = async (): Promise<readonly string[]> =>
    (await readdir(join(place.logDir, 'tool-1.0'))).sort();

  it('are gone after a success', async () => {
    await buildPackage(request(place));
    expect(await readdir(place.logDir)).toEqual([]);
  });

  it('stay after a success when that is wanted, one for each stage', async () => {
    await buildPackage(request(place, { keepLogs: true }));
    expect(await logNames()).toEqual([
      'build.log',
      'checksum.log',
      'clean.log',
      'configure.log',
      'deinstall.log',
      'install.log',
      'package.log',
      'pre-clean.log',
      'setup.log',
    ]);
  });

  it('stay after a failure, with the log of the tool wrappers, and none of an earlier attempt', async () => {
    await mkdir(join(place.logDir, 'tool-1.0'), { recursive: true });
    await writeFile(join(place.logDir, 'tool-1.0', 'install.log'), 'old');
    const sandbox = new FakeSandbox(
      answerLikeTree({
        all: () => ({ code: 1, stdout: 'cc: error: no such thing\n*** Error code 1\n\nStop.\n' }),
      }),
    );
    const result = await buildPackage(request(place, { sandbox }));
    expect(result).toMatchObject({
      kind: 'ended',
      outcome: {
        kind: 'failed',
        class: 'package',
        stage: 'build',
        reason: 'make all exited with 1: cc: error: no such thing',
      },
    });
    expect(await logNames()).toEqual([
      'build.log',
      'checksum.log',
      'clean.log',
      'configure.log',
      'pre-clean.log',
      'setup.log',
      'work.log',
    ]);
    expect(await readFile(join(place.logDir, 'tool-1.0', 'work.log'), 'utf8')).toBe('wrapped\n');
    expect(sandbox.calls.at(-4)).toBe('killAll');
    expect(sandbox.commands.slice(-2).map(verbOf)).toEqual(['read', 'clean']);
    expect(sandbox.commands.at(-2)?.argv).toContain(`${WORK_DIR}/.work.log`);
  });

  it('hold no more of a work area than the build user may read', async () => {
    const sandbox = new FakeSandbox(answerLikeTree({ all: () => ({ code: 1 }) }));
    await buildPackage(request(place, { sandbox }));
    const reader = sandbox.commands.find((command) => verbOf(command) === 'read');
    expect(reader?.user?.name).toBe('builder');
  });

  const lengthOf = async (name: string): Promise<number> =>
    (await stat(join(place.logDir, 'tool-1.0', name))).size;

  it('are cut to head and tail when a disk is full: none keeps it full', async () => {
    const flood = `first\n${'x'.repeat(3 << 20)}\nld: write: No space left on device\n`;
    const sandbox = new FakeSandbox(
      answerLikeTree({
        configure: () => ({ stdout: flood }),
        all: () => ({ code: 1, stdout: flood }),
      }),
    );
    expect(await buildPackage(request(place, { sandbox }))).toMatchObject({ trouble: 'disk-full' });
    for (const name of ['configure.log', 'build.log']) {
      const text = await readFile(join(place.logDir, 'tool-1.0', name), 'utf8');
      expect(text.length).toBeLessThan(1.1 * 2 ** 20);
      expect(text).toMatch(/^first\n/);
      expect(text).toMatch(/cut \d+ bytes out of this log/);
      expect(text).toMatch(/No space left on device\n$/);
    }
    // Who goes on writing would fill the disk again.
    expect(sandbox.calls.at(-1)).toBe('killAll');
  });

  it('are cut when the disk is found full while the package is saved', async () => {
    const sandbox = new FakeSandbox(
      answerLikeTree({ all: () => ({ stdout: 'x'.repeat(3 << 20) }), read: () => ({ code: 68 }) }),
    );
    expect(await buildPackage(request(place, { sandbox }))).toMatchObject({ trouble: 'disk-full' });
    expect(await lengthOf('build.log')).toBeLessThan(1.1 * 2 ** 20);
  });

  it('are cut at the end of a stage that made one of terabytes, and stay whole where they are merely long', async () => {
    const sandbox = new FakeSandbox(
      answerLikeTree({
        configure: () => ({ stdout: 'x'.repeat(3 << 20) }),
        all: ({ output }) => {
          if (output.kind === 'log') ftruncateSync(output.fd, 5e12);
          return { code: 1, stdout: '' };
        },
      }),
    );
    const watch = { ...policy().watch, logBytesMax: 4 << 20 };
    const result = await buildPackage(request(place, { sandbox, policy: policy({ watch }) }));
    expect(result).toMatchObject({ outcome: { stage: 'build' } });
    expect(await lengthOf('configure.log')).toBe(3 << 20);
    expect(await lengthOf('build.log')).toBeLessThanOrEqual(4 << 20);
  });

  it('are never written through a link that lies in their place', async () => {
    const elsewhere = join(place.dir, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'precious'), 'x');
    await mkdir(place.logDir);
    await symlink(elsewhere, join(place.logDir, 'tool-1.0'));
    const result = await buildPackage(request(place));
    expect(result).toMatchObject({ kind: 'trouble', trouble: 'internal' });
    expect(await readdir(elsewhere)).toEqual(['precious']);
  });
});
