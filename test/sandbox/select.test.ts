import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTool } from '../../src/sandbox/process.ts';
import { checkHost } from '../../src/sandbox/requirements.ts';
import { chooseDriver } from '../../src/sandbox/select.ts';
import * as host from './support/host.ts';
import { makeOrdinaryDir, noOrdinary, ordinaryTitle } from './support/ordinary.ts';

const select = fileURLToPath(new URL('../../src/sandbox/select.ts', import.meta.url));

/** Chooses in a process without any capability, as an ordinary user would have it. */
async function chooseUnprivileged(
  driver: string,
  stateDir = '/nonexistent/state',
): Promise<{ code?: string; hint?: string; kind?: string; warnings?: string[] }> {
  const text = `
    const { chooseDriver } = await import(process.argv[1]);
    const choice = { driver: process.argv[2], stateDir: process.argv[3], storage: 'disk', systemDirs: [] };
    const told = await chooseDriver(choice).then(
      (chosen) => ({ kind: chosen.driver.kind, warnings: chosen.warnings }),
      (error) => ({ code: error.code, hint: error.hint }),
    );
    console.log(JSON.stringify(told));`;
  const become =
    process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const node = [process.execPath, '--input-type=module-typescript', '-e', text, select, driver, stateDir];
  const done = await runTool([...become, ...node]);
  expect(done.stderr).toBe('');
  return JSON.parse(done.stdout);
}

describe('the choice of a driver', () => {
  let dir: string;
  beforeEach(() => {
    dir = host.makeTempDir();
  });
  afterEach(() => host.removeTempDir(dir));
  const choose = (driver: 'auto' | 'linux' | 'none', storage: 'disk' | 'tmpfs' = 'disk') =>
    chooseDriver({ driver, stateDir: join(dir, 'state'), storage, systemDirs: host.systemDirs });

  it('warns loudly about none', async () => {
    const { driver, warnings } = await choose('none');
    expect(driver).toMatchObject({ kind: 'none', slotsMax: 1 });
    expect(warnings.join()).toContain('NOTHING IS ISOLATED');
  });

  it('says to who is not root what to do, or falls back to none with the reason', async () => {
    expect(await chooseUnprivileged('linux')).toMatchObject({
      code: 'SANDBOX_NO_ROOT',
      hint: expect.stringContaining('root'),
    });
    const fallen = await chooseUnprivileged('auto');
    expect(fallen).toMatchObject({ kind: 'none' });
    expect(fallen.warnings?.[0]).toContain('not run as root');
    chmodSync(dir, 0o700);
    const closed = await chooseUnprivileged('auto', join(dir, 'state'));
    expect(closed.warnings?.[0]).toContain('EACCES');
  });

  it.skipIf(noOrdinary !== undefined)(
    ordinaryTitle('gives sandboxes to who is not root where the host allows it, and says what differs'),
    async () => {
      const own = makeOrdinaryDir();
      chmodSync(own, 0o755);
      chmodSync(join(own, 'state'), 0o777);
      expect(await chooseUnprivileged('auto', join(own, 'state'))).toEqual({
        kind: 'linux',
        warnings: [expect.stringMatching(/^sandboxes without root: .*user ids?/)],
      });
      host.removeTempDir(own);
    },
  );

  it.skipIf(host.noSandboxes !== undefined)(
    host.suiteTitle('finds real sandboxes possible, and leaves no trace of trying'),
    async () => {
      mkdirSync(join(dir, 'state'));
      for (const storage of ['disk', 'tmpfs'] as const) {
        expect(await choose('auto', storage)).toMatchObject({ driver: { kind: 'linux' }, warnings: [] });
      }
      expect(readdirSync(join(dir, 'state'))).toEqual([]);
    },
  );

  it.skipIf(host.noSandboxes !== undefined)(
    host.suiteTitle('refuses a state directory that cannot carry layers, and says how to go on'),
    async () => {
      const text = `
      set -e
      mkdir "$1/l" "$1/u" "$1/w" "$1/m"
      mount -t overlay o -o lowerdir=$1/l,upperdir=$1/u,workdir=$1/w "$1/m"
      exec "$2" --input-type=module-typescript -e '
        const { chooseDriver } = await import(process.argv[1]);
        const pick = (storage) => chooseDriver({ driver: "linux", stateDir: process.argv[2], storage, systemDirs: [] });
        const refused = await pick("disk").catch((error) => error);
        const taken = await pick("tmpfs");
        console.log(JSON.stringify([refused.code, refused.hint, taken.driver.kind]));' "$3" "$1/m/state"`;
      const unshare = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', text, 'sh'];
      const done = await runTool([...unshare, dir, process.execPath, select]);
      expect(done.stderr).toBe('');
      expect(JSON.parse(done.stdout)).toEqual([
        'SANDBOX_UNSUPPORTED',
        expect.stringContaining('tmpfs'),
        'linux',
      ]);
    },
  );

  it('names everything a host needs, and how to get what is missing', async () => {
    const checks = await checkHost(join(dir, 'state'));
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['platform', 'root', 'unshare', 'tar', 'sandboxes', 'free space']),
    );
    for (const one of checks) expect(one.hint === '').toBe(one.ok);
    if (host.noSandboxes === undefined) expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(existsSync(join(dir, 'state'))).toBe(false);
  });
});
