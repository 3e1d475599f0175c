import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { findNameTrouble } from '../../src/sandbox/chroot/names.ts';
import type { SandboxDriver } from '../../src/sandbox/driver.ts';
import { describeGroups } from '../../src/sandbox/linux/cgroup/groups.ts';
import { type ChosenDriver, chooseDriver } from '../../src/sandbox/select.ts';
import { checkRootPlaces } from '../build/rootplaces.ts';
import type { Finding } from './finding.ts';
import { withStatePlace } from './statePlace.ts';

/** Says which driver builds will use, why, and what it cannot do on this host. */
export async function examineDriver(config: Config): Promise<readonly Finding[]> {
  const base = { id: 'driver', title: 'driver' } as const;
  try {
    const chosen = await withStatePlace(config, (stateDir) => chooseDriver({ ...config.sandbox, stateDir }));
    return [
      { ...base, state: 'ok', detail: describeChoice(config, chosen), fix: '' },
      ...listLosses(chosen.driver).map((detail) => lossFinding(detail)),
      ...(await examineNames(config, chosen.driver)),
      ...describeMemory(config, chosen.driver),
    ];
  } catch (error) {
    const fix = error instanceof BulkmeshError ? error.hint : '';
    return [{ ...base, state: 'missing', detail: messageOf(error), fix }];
  }
}

/** Refused at the start of a build: a place where another account can make root write elsewhere. */
export function examineRootPlaces(config: Config): readonly Finding[] {
  try {
    checkRootPlaces(config);
    return [];
  } catch (error) {
    if (!(error instanceof BulkmeshError)) throw error;
    return [{ id: 'places', title: 'safe places', state: 'missing', detail: error.message, fix: error.hint }];
  }
}

function describeChoice({ sandbox }: Config, { driver, warnings }: ChosenDriver): string {
  if (sandbox.driver !== 'auto') return `${driver.kind}, as sandbox.driver says`;
  const [why] = warnings;
  return driver.kind === 'linux' ? 'linux: this host has all it needs' : `${driver.kind}: ${why ?? ''}`;
}

const lossFinding = (detail: string): Finding => ({
  ...{ id: 'driver-loss', title: 'not here', state: 'warning', detail },
  fix: 'nothing, where you can do without; docs/OPERATING.md says what each driver can do',
});

/** What builds have to do without. */
function listLosses({ kind, traits }: SandboxDriver): readonly string[] {
  const lost: readonly (readonly [boolean, string])[] = [
    [traits.isIsolated, 'nothing is isolated: packages see and change this host'],
    [traits.hasNetworkControl, 'packages have the network at every stage'],
    // A chroot and no more.
    [
      traits.hasNetworkControl || !traits.isIsolated,
      'packages see the processes of this host, and root inside has the rights of root on it',
    ],
    [kind !== 'mounts', 'the tree is read-only inside: packages that write in it fail'],
    [
      traits.hasLayers,
      'dependencies are installed anew for each package, and sandboxes of failed packages are not kept',
    ],
    [traits.hasDiskBound, 'limits.disk is not kept'],
    [
      traits.hasGroups,
      'limits of a whole sandbox are not kept, and what memory packages take is not measured',
    ],
  ];
  const ofDriver = lost.flatMap(([isThere, words]) => (isThere ? [] : [words]));
  return [...ofDriver, ...(traits.hasGroups ? describeGroups().lost : [])];
}

/** Names of the network inside a chroot of macOS. */
async function examineNames(config: Config, { kind }: SandboxDriver): Promise<readonly Finding[]> {
  const trouble = findNameTrouble({
    platform: process.platform,
    driver: kind,
    mirror: config.pkgsrc.variables.MASTER_SITE_OVERRIDE,
    hosts: await readFile('/etc/hosts', 'utf8').catch(() => ''),
  });
  if (trouble === undefined) return [];
  return [{ id: 'names', title: 'names', state: 'warning', detail: trouble.what, fix: trouble.hint }];
}

function describeMemory({ sandbox }: Config, { traits }: SandboxDriver): readonly Finding[] {
  const base = { id: 'work', title: 'work areas', state: 'ok', fix: '' } as const;
  const mib = sandbox.workMemoryMiB ?? Math.floor(totalmem() / 4 / 2 ** 20);
  if (sandbox.storage === 'tmpfs') return [{ ...base, detail: 'in memory, as sandbox.storage says' }];
  if (!traits.hasWorkMemory || sandbox.storage !== 'auto' || mib === 0)
    return [{ ...base, detail: 'on the disk' }];
  return [
    {
      ...base,
      detail: `in memory where a package is known to fit, at most ${mib} MiB together; else on the disk`,
    },
  ];
}
