import type { DriverKind, SandboxDriver } from '../driver.ts';
import type { Storage } from '../linux/build.ts';
import { createMountsDriver, mountsWarning } from '../mounts/driver.ts';
import { findTool } from '../process.ts';
import { createScriptDriver, scriptWarning } from '../script/driver.ts';
import type { ChrootSystem, SystemName } from './system.ts';
import { chrootSystems } from './tables.ts';

export interface ChrootChoice {
  readonly stateDir: string;
  readonly storage: Storage;
  readonly systemDirs: readonly string[];
  readonly chrootDir?: string | undefined;
  readonly chrootCreate?: readonly string[];
  readonly chrootDelete?: readonly string[];
}

export type ChrootChosen =
  | { readonly kind: 'works'; readonly driver: SandboxDriver; readonly warnings: readonly string[] }
  | {
      readonly kind: 'fails';
      readonly code: 'SANDBOX_NO_ROOT' | 'SANDBOX_UNSUPPORTED' | 'SANDBOX_SPEC';
      readonly why: string;
      readonly hint: string;
    };

/** This process's host, as far as a choice of driver depends on it; others are for tests. */
export interface ChrootHost {
  readonly platform: NodeJS.Platform;
  readonly uid: number | undefined;
  readonly hasBindfs: boolean;
}

const thisHost = (): ChrootHost => ({
  platform: process.platform,
  uid: process.getuid?.(),
  hasBindfs: findTool('bindfs') !== undefined,
});

/** Driver `mounts` or `script`, or why this host or configuration does not allow it. */
export function chooseChroot(
  driver: Extract<DriverKind, 'mounts' | 'script'>,
  choice: ChrootChoice,
  host: ChrootHost = thisHost(),
): ChrootChosen {
  if (host.uid !== 0) {
    const why = 'the agent does not run as root, and chroot(8) and mount(8) need that';
    return { kind: 'fails', code: 'SANDBOX_NO_ROOT', why, hint: 'start the agent as root' };
  }
  const system = findSystem(host);
  if (system === undefined) {
    const why = `no table says how ${host.platform} shows directories in a chroot`;
    return { kind: 'fails', code: 'SANDBOX_UNSUPPORTED', why, hint: 'set sandbox.driver = "none"' };
  }
  const { stateDir, storage, systemDirs, chrootDir, chrootCreate = [], chrootDelete = [] } = choice;
  if (driver === 'mounts') {
    const made = createMountsDriver({ stateDir, storage, system, systemDirs, chrootDir });
    return { kind: 'works', driver: made, warnings: [mountsWarning] };
  }
  if (chrootDir === undefined || chrootCreate.length === 0 || chrootDelete.length === 0) {
    const why = 'it needs sandbox.chroot_dir, sandbox.chroot_create and sandbox.chroot_delete';
    return { kind: 'fails', code: 'SANDBOX_SPEC', why, hint: 'set all three, or another driver' };
  }
  const programs = { create: chrootCreate, remove: chrootDelete };
  const made = createScriptDriver({ stateDir, system, chrootDir, ...programs });
  return { kind: 'works', driver: made, warnings: [scriptWarning] };
}

const names: Partial<Record<NodeJS.Platform, SystemName>> = {
  linux: 'linux',
  netbsd: 'netbsd',
  freebsd: 'freebsd',
  sunos: 'illumos',
};

/** The table of a system; macOS shows directories by bindfs where that is installed, else by NFS from itself. */
export function findSystem({
  platform,
  hasBindfs,
}: Pick<ChrootHost, 'platform' | 'hasBindfs'>): ChrootSystem | undefined {
  if (platform === 'darwin') return chrootSystems[hasBindfs ? 'macos' : 'macos-nfs'];
  const name = names[platform];
  return name === undefined ? undefined : chrootSystems[name];
}
