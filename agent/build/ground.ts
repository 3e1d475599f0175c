import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { BuildPolicy } from '../../src/pkgsrc/build/policy.ts';
import type { MakeEnvironment } from '../../src/pkgsrc/make.ts';
import type { SandboxSpec, UserId } from '../../src/sandbox/driver.ts';
import { ensureKitLayer } from '../../src/sandbox/kit.ts';
import type { DriverTraits } from '../../src/sandbox/traits.ts';
import { inheritVariables } from '../environment.ts';
import { agentPaths } from '../paths.ts';
import { findBuildUser, ownAccount } from '../users.ts';
import { checkHooks } from './hookplace.ts';
import { findLostLimits } from './limits.ts';
import { describePaths, findLowerLimits, makePolicy } from './policy.ts';
import { checkRootPlaces } from './rootplaces.ts';
import { findSlotIds } from './slotIds.ts';

/** What every build of one config stands on: settled once, before the first sandbox is made. */
export interface Ground {
  readonly spec: SandboxSpec;
  readonly make: MakeEnvironment;
  readonly user: UserId | undefined;
  readonly policy: BuildPolicy;
  /** Values of `pkgsrc.inherit`, as far as they were set. */
  readonly inherited: Readonly<Record<string, string>>;
  /** Of all packages, and of single ones. */
  readonly limits: Config['limits'];
  /** One line each for the operator. */
  readonly warnings: readonly string[];
}

/**
 * Where on this host lies what a build sees, and what it was given where it was asked for. Of a build that was asked for
 * here all of it follows from the config.
 */
export interface Site {
  readonly dirs: HostDirs;
  /** Where `sandbox.ro_dirs` lie, in their order. */
  readonly roDirs: readonly string[];
  /** The kit, unpacked. */
  readonly kitDir: string | undefined;
  /** These two inside. */
  readonly make: string;
  readonly workDir: string;
  /** Values of `pkgsrc.inherit`, as far as they were set. */
  readonly inherited: Readonly<Record<string, string>>;
  /** What hooks of packages are told. */
  readonly hookVariables: Readonly<Record<string, string>>;
}

/** Directories of this host that the paths of the config name as sandboxes have them. */
export type HostDirs = Readonly<Record<'pkgsrc' | 'packages' | 'distfiles', string>>;

/**
 * Makes the directories, unpacks the bootstrap kit and settles what sandboxes look like. With a `site` the config is the
 * one that the build was asked for with, but for what is this host's own: its `paths.pkgsrc`, `packages` and `distfiles`
 * and its `sandbox.ro_dirs` are those inside. Throws `BulkmeshError`, and then nothing is left half made.
 */
export const layGround = async (config: Config, traits: DriverTraits, site?: Site): Promise<Ground> => {
  const host: Config = { ...config, paths: { ...config.paths, ...site?.dirs } };
  checkRootPlaces(host);
  await makeDirectories(host);
  const buildUser = await findBuildUser(config.pkgsrc.buildUser);
  const user = traits.hasOwnUsers ? (buildUser ?? ownAccount()) : buildUser;
  const settled = site ?? (await findOwnSite(config, traits));
  const { make, workDir, kitDir, inherited, hookVariables } = settled;
  const { ids: slotIds, warnings } = findSlotIds(host, traits, user);
  const home = user === undefined ? undefined : user.home;
  const spec: SandboxSpec = {
    kitDir,
    opaqueDirs: [config.pkgsrc.prefix, config.pkgsrc.pkgDbdir],
    shares: listShares(config, traits, settled),
    workDir,
    slotIds,
    freshDirs: [
      { path: workDir, owner: user },
      ...(traits.isIsolated && home !== undefined ? [{ path: home, owner: user }] : []),
    ],
  };
  await checkHooks(config, { spec, isIsolated: traits.isIsolated });
  const policy = { ...makePolicy(config, traits), hookVariables };
  return {
    user,
    spec,
    policy,
    inherited,
    limits: config.limits,
    warnings: [
      ...warnings,
      ...findLostLimits(config.limits, traits),
      ...(await findLowerLimits(policy.limits)),
    ],
    make: {
      make,
      pkgsrc: config.paths.pkgsrc,
      workDir,
      variables: {
        PACKAGES: config.paths.packages,
        DISTDIR: config.paths.distfiles,
        ...inherited,
        ...config.pkgsrc.variables,
      },
      cacheVars: {},
    },
  };
};

const findOwnSite = async (config: Config, traits: DriverTraits): Promise<Site> => {
  const { paths, pkgsrc, sandbox } = config;
  const kit = pkgsrc.bootstrapKit;
  const layer = kit === undefined ? undefined : await ensureKitLayer(paths.state, kit);
  return {
    dirs: { pkgsrc: paths.pkgsrc, packages: paths.packages, distfiles: paths.distfiles },
    roDirs: sandbox.roDirs,
    kitDir: layer?.dir,
    make: await findMake(config, layer?.dir),
    workDir: ownWorkDir(config, traits),
    inherited: inheritVariables(pkgsrc.inherit),
    hookVariables: describePaths(config),
  };
};

/** Without a root of its own the work area is a plain directory of this host: it goes where the agent may write. */
export const ownWorkDir = ({ paths }: Config, { isIsolated }: DriverTraits): string =>
  isIsolated ? '/work' : join(paths.state, 'work');

const makeDirectories = async (config: Config): Promise<void> => {
  const paths = agentPaths(config);
  for (const dir of [config.paths.distfiles, paths.packagesAll, paths.logs, paths.meta]) {
    try {
      await mkdir(dir, { recursive: true });
    } catch (cause) {
      throw new BulkmeshError('DIRECTORY_NOT_MADE', `cannot make the directory ${dir}: ${String(cause)}`, {
        hint: 'give the agent a place it may write to, in [paths] of the config',
        cause,
      });
    }
  }
};

const listShares = (
  { paths, sandbox }: Config,
  { isIsolated, hasLayers }: DriverTraits,
  { dirs, roDirs }: Site,
): SandboxSpec['shares'] => [
  // Some packages write beside their Makefile: let them, in a layer that nobody keeps.
  { source: dirs.pkgsrc, target: paths.pkgsrc, access: isIsolated ? 'scratch' : 'rw' },
  { source: dirs.packages, target: paths.packages, access: isIsolated ? 'ro' : 'rw' },
  // Root inside owns what it makes: a program of root's own on the host, were it made in a directory of the host.
  // Without layers root inside has the rights of the host's anyway, and fetches straight into the host's directory.
  { source: dirs.distfiles, target: paths.distfiles, access: hasLayers ? 'scratch' : 'rw' },
  ...sandbox.roDirs.map((target, index) => ({
    source: roDirs[index] ?? target,
    target,
    access: 'ro' as const,
  })),
  ...sandbox.rwDirs.map((dir) => ({ source: dir, target: dir, access: 'rw' as const })),
];

/** pkgsrc's own make from the kit where it has one: it is the make that the tree was tested with. */
const findMake = async (config: Config, kitDir: string | undefined): Promise<string> => {
  if (config.pkgsrc.make !== undefined) return config.pkgsrc.make;
  const ofKit = join(config.pkgsrc.prefix, 'bin', 'bmake');
  if (kitDir !== undefined && (await isThere(join(kitDir, ofKit)))) return ofKit;
  for (const candidate of ['/usr/bin/bmake', '/usr/local/bin/bmake', '/bin/bmake']) {
    if (await isThere(candidate)) return candidate;
  }
  if (process.platform === 'netbsd') return '/usr/bin/make';
  throw new BulkmeshError('NO_MAKE', 'no bmake: neither in the bootstrap kit nor on this host', {
    hint: 'install bmake (bulkmesh doctor tells how), or set pkgsrc.make',
  });
};

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
