import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { readPlainFile } from '../../src/files.ts';
import type { TreeEnvironment } from '../../src/pkgsrc/environment.ts';
import type { ScanRecord } from '../../src/pkgsrc/package.ts';
import { listTellingMakefiles } from '../../src/pkgsrc/repository/makefiles.ts';
import type { Settings } from '../../src/pkgsrc/repository/note.ts';
import { findShared } from '../../src/sandbox/hostPath.ts';
import type { Ground } from './ground.ts';

/** What decides, outside the tree, how one package is built. */
export type SettingsOf = (record: ScanRecord) => Settings;

/** The settings of all packages for which make read these files outside the tree, but for MULTI_VERSION. */
export interface OutsideSettings {
  /** As `listTellingMakefiles` has them. */
  readonly outside: readonly string[];
  readonly settings: Settings;
}

export interface SettingsReader {
  readonly settingsOf: SettingsOf;
  settingsOfFiles(outside: readonly string[]): Settings;
  /** All that was asked for until now, each once. */
  list(): readonly OutsideSettings[];
}

/**
 * Digests of everything outside the tree that can change what a package becomes, as it is now: kit, platform, make, variables,
 * and each file outside tree and kit that make read for the package (mk.conf and what it includes). How many jobs
 * or slots there are is not in it. Of a Linux system, the distribution and its version count and the kernel does not.
 */
export const openSettings = (config: Config, ground: Ground, tree: TreeEnvironment): SettingsReader => {
  const { inherit, variables } = config.pkgsrc;
  const inherited = inherit.toSorted().map((name) => [name, ground.inherited[name] ?? null]);
  const shared: Settings = {
    'bootstrap kit': ground.spec.kitDir === undefined ? 'none' : basename(ground.spec.kitDir),
    platform: digestOf(describePlatform(tree.platform)),
    'path of make': digestOf(ground.make.make),
    'pkgsrc.variables': digestOf(Object.entries(variables).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    ...(inherited.length === 0 ? {} : { 'pkgsrc.inherit': digestOf(inherited) }),
  };
  const files = new Map<string, string | undefined>();
  const sets = new Map<string, OutsideSettings>();
  const digestFile = (path: string): string | undefined => {
    if (!files.has(path)) files.set(path, digestOutside(path, ground, config.sandbox.systemDirs));
    return files.get(path);
  };
  const settingsOfFiles = (outside: readonly string[]): Settings => {
    const key = outside.join('\n');
    const known = sets.get(key);
    if (known !== undefined) return known.settings;
    const made: Record<string, string> = { ...shared };
    for (const path of outside) {
      const digest = digestFile(path);
      if (digest !== undefined) made[path] = digest;
    }
    sets.set(key, { outside, settings: made });
    return made;
  };
  const settingsOf: SettingsOf = (record) => {
    const { multiVersion } = record;
    const settings = settingsOfFiles(listTellingMakefiles(record, ground.make.pkgsrc).outside);
    return multiVersion.length === 0 ? settings : { ...settings, MULTI_VERSION: multiVersion.join(' ') };
  };
  return { settingsOf, settingsOfFiles, list: () => [...sets.values()] };
};

/** `openSettings`, of packages alone. */
export const readSettings = (config: Config, ground: Ground, tree: TreeEnvironment): SettingsOf =>
  openSettings(config, ground, tree).settingsOf;

const digestOf = (value: unknown): string => hash('sha256', JSON.stringify(value));

/** More than this is no makefile. */
const MAKEFILE_BYTES_MAX = 16 << 20;

/**
 * Of a file that make read in a sandbox. Undefined for those that the kit brings, since the kit counts as a whole, and
 * for what only the sandbox has, such as files that make wrote itself. The names are the package's own words: nothing is
 * read but plain files of directories that sandboxes see, since the digest is in the note of the package for all to read.
 */
const digestOutside = (
  path: string,
  { spec, make, policy }: Ground,
  systemDirs: readonly string[],
): string | undefined => {
  const isBelow = (dir: string): boolean => path.startsWith(`${dir}/`);
  if (spec.kitDir !== undefined && existsSync(join(spec.kitDir, path))) return undefined;
  if (spec.kitDir !== undefined && spec.opaqueDirs.some(isBelow)) return undefined;
  if (isBelow(make.workDir)) return undefined;
  const shared = findShared(path, spec.shares);
  // Without isolation packages see all of the host.
  if (policy.isDropped && shared === undefined && !systemDirs.some(isBelow)) return undefined;
  const bytes = readPlainFile(shared ?? path, MAKEFILE_BYTES_MAX);
  return bytes && hash('sha256', bytes);
};

const describePlatform = ({ opsys, osVersion, ...rest }: TreeEnvironment['platform']): unknown =>
  opsys === 'Linux' ? { opsys, ...rest, release: readRelease() } : { opsys, osVersion, ...rest };

/** ID and VERSION_ID of os-release(5). */
const readRelease = (): readonly string[] => {
  try {
    const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
    return lines.filter((line) => /^(ID|VERSION_ID)=/.test(line)).toSorted();
  } catch {
    return [];
  }
};
