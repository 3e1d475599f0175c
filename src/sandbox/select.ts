import { chooseChroot } from './chroot/choose.ts';
import type { DriverKind, SandboxDriver } from './driver.ts';
import { SandboxError } from './error.ts';
import { type Account, countIds } from './linux/account.ts';
import type { Storage } from './linux/build.ts';
import { createLinuxDriver } from './linux/driver.ts';
import { hasUserNamespaces } from './linux/users.ts';
import { createNoneDriver, noneWarning } from './none/driver.ts';
import { probeLinux } from './probe.ts';

export interface DriverChoice {
  readonly driver: 'auto' | DriverKind;
  readonly stateDir: string;
  /** `auto`: as `disk`; where work areas lie is settled package by package. */
  readonly storage: 'auto' | Storage;
  readonly systemDirs: readonly string[];
  /** For the drivers of chroots: where they lie, and the operator's programs of driver `script`. */
  readonly chrootDir?: string | undefined;
  readonly chrootCreate?: readonly string[];
  readonly chrootDelete?: readonly string[];
  /** For driver linux: GiB of disk for layers of installed dependencies; default 0: none. */
  readonly dependencyLayersGiB?: number;
}

type SettledChoice = DriverChoice & { readonly storage: Storage };

export interface ChosenDriver {
  readonly driver: SandboxDriver;
  /** To be shown to the user, loudly; empty when builds are isolated. */
  readonly warnings: readonly string[];
}

const rightsWarning =
  'this host allows no user namespaces: a package that runs as root in its sandbox has the rights of root on this ' +
  'host, and could leave it (see sysctl user.max_user_namespaces)';

/** What is different in sandboxes of an agent without root. */
function warnOfAccount(account: Account): readonly string[] {
  const common =
    'sandboxes without root: a package may not change what the host has in its system directories, and its build ' +
    'user owns what root owns inside';
  switch (account.kind) {
    case 'root':
      return [];
    case 'ranges':
      return [`${common} (${countIds(account.uids)} user ids)`];
    case 'alone':
      return [
        `${common}; there is one user id: packages that give files to other users fail, those that add users may ` +
          `(further ids would need newuidmap and ranges in /etc/subuid and /etc/subgid: ${account.why})`,
      ];
  }
}

/**
 * Picks the sandbox driver by really trying what it needs. `auto` falls back to `mounts`, then to `none`, and says why; a
 * driver that is asked for by name and cannot work throws SANDBOX_NO_ROOT, SANDBOX_UNSUPPORTED or SANDBOX_SPEC.
 */
export async function chooseDriver(wanted: DriverChoice): Promise<ChosenDriver> {
  const choice = { ...wanted, storage: wanted.storage === 'auto' ? 'disk' : wanted.storage } as const;
  const { driver, stateDir } = choice;
  switch (driver) {
    case 'none':
      return { driver: createNoneDriver({ stateDir }), warnings: [noneWarning] };
    case 'mounts':
    case 'script': {
      const chosen = chooseChroot(driver, choice);
      if (chosen.kind === 'works') return chosen;
      const message = `sandbox.driver = "${driver}" cannot work here: ${chosen.why}`;
      throw new SandboxError(chosen.code, message, { hint: chosen.hint });
    }
    case 'linux':
    case 'auto':
      return chooseLinux(choice);
  }
}

async function chooseLinux(choice: SettledChoice): Promise<ChosenDriver> {
  const { driver, stateDir, storage, systemDirs, dependencyLayersGiB = 0 } = choice;
  const probe = await probeLinux(stateDir, storage);
  if (probe.kind === 'works') {
    const { overlayOptions, account } = probe;
    const warnings = (await hasUserNamespaces()) ? warnOfAccount(account) : [rightsWarning];
    const layersBytesMax = dependencyLayersGiB * 2 ** 30;
    const options = { stateDir, storage, systemDirs, overlayOptions, layersBytesMax };
    return { driver: createLinuxDriver(options), warnings };
  }
  const { why, hint } = probe;
  if (driver === 'linux') {
    const code = process.getuid?.() === 0 ? 'SANDBOX_UNSUPPORTED' : 'SANDBOX_NO_ROOT';
    throw new SandboxError(code, `sandbox.driver = "linux" cannot work here: ${why}`, { hint });
  }
  const reason = `driver linux cannot work on this host: ${why}${hint === '' ? '' : ` (${hint})`}`;
  const mounts = chooseChroot('mounts', choice);
  if (mounts.kind === 'works') return { ...mounts, warnings: [reason, ...mounts.warnings] };
  const reasons = [reason, `nor can driver mounts: ${mounts.why} (${mounts.hint})`, noneWarning];
  return { driver: createNoneDriver({ stateDir }), warnings: reasons };
}
