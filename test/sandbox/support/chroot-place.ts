import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { slotName } from '../../../src/core/ids.ts';
import { chrootSystems } from '../../../src/sandbox/chroot/tables.ts';
import type { Sandbox, SandboxDriver, SandboxSpec, UserId } from '../../../src/sandbox/driver.ts';
import { createMountsDriver } from '../../../src/sandbox/mounts/driver.ts';
import { mountsWithin } from '../../../src/sandbox/mounts.ts';
import { createScriptDriver } from '../../../src/sandbox/script/driver.ts';

export const slot = slotName('build-1');
export const nobody: UserId = { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent' };
export const emptySpec: SandboxSpec = { kitDir: undefined, opaqueDirs: [], shares: [], freshDirs: [] };
const systemDirs = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc'];

export const mountsDriver = (
  dir: string,
  { state = 'state', chrootDir, storage = 'disk' }: MountsChoice = {},
): SandboxDriver => {
  mkdirSync(join(dir, state), { recursive: true });
  const system = chrootSystems.linux;
  return createMountsDriver({ stateDir: join(dir, state), storage, system, systemDirs, chrootDir });
};

export interface MountsChoice {
  readonly state?: string;
  readonly chrootDir?: string;
  readonly storage?: 'disk' | 'tmpfs';
}

export const scriptDriver = (
  dir: string,
  create: readonly string[],
  remove: readonly string[],
): SandboxDriver => {
  mkdirSync(join(dir, 'state'), { recursive: true });
  mkdirSync(join(dir, 'chroot'), { recursive: true });
  const chrootDir = join(dir, 'chroot/pkgsrc');
  return createScriptDriver({
    stateDir: join(dir, 'state'),
    system: chrootSystems.linux,
    chrootDir,
    create,
    remove,
  });
};

/** What a shell text prints inside on both outputs, with the code when it is not 0. */
export async function tell(sandbox: Sandbox, text: string, user?: UserId): Promise<string> {
  const result = await sandbox.run({
    argv: ['sh', '-c', text],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/',
    user,
    network: false,
    output: { kind: 'capture', maxBytes: 1_000_000 },
    signal: AbortSignal.timeout(60_000),
  });
  if (result.kind !== 'exited') return JSON.stringify(result);
  return `${result.stdout}${result.stderr}${result.code === 0 ? '' : `[${result.code}]`}`;
}

/** How a promise that should fail does. */
export const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'went well',
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );

/** What is left of chroots: mounts below the directory, slots, and roots with their claims. */
export const listLeft = (dir: string): readonly string[] => [
  ...mountsWithin(dir).map(({ target }) => `mount ${target.slice(dir.length)}`),
  ...['state/slots', 'chroot'].flatMap((name) => listNames(join(dir, name)).map((one) => `${name}/${one}`)),
];

function listNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
