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
import { findLowerLimits, makePolicy } from './policy.ts';
import { checkRootPlaces } from './rootplaces.ts';
import { findSlotIds } from './slotIds.ts';

/** What every build of one config stands on: settled once, before the first sandbox is made. */
export interface Ground {
  readonly spec: SandboxSpec;
  readonly make: MakeEnvironment;
  readonly user: UserId | undefined;
  readonly policy: BuildPolicy;
  /** Of all packages, and of single ones. */
  readonly limits: Config['limits'];
  /** One line each for the operator. */
  readonly warnings: readonly string[];
}

/**
 * Makes the directories, unpacks the bootstrap kit and settles what sandboxes look like. Throws `BulkmeshError`,
 * and then nothing is left half made.
 */
export const layGround = async (config: Config, traits: DriverTraits): Promise<Ground> => {
  checkRootPlaces(config);
  await makeDirectories(config);
  const buildUser = await findBuildUser(config.pkgsrc.buildUser);
  const user = traits.hasOwnUsers ? (buildUser ?? ownAccount()) : buildUser;
  const kit = config.pkgsrc.bootstrapKit;
  const layer = kit === undefined ? undefined : await ensureKitLayer(config.paths.state, kit);
  // Without a root of its own the work area is a plain directory of this host: it goes where the agent may write.
  const workDir = traits.isIsolated ? '/work' : join(config.paths.state, 'work');
  const { ids: slotIds, warnings } = findSlotIds(config, traits, user);
  const home = user === undefined ? undefined : user.home;
  const spec: SandboxSpec = {
    kitDir: layer?.dir,
    opaqueDirs: [config.pkgsrc.prefix, config.pkgsrc.pkgDbdir],
    shares: listShares(config, traits),
    workDir,
    slotIds,
    freshDirs: [
      { path: workDir, owner: user },
      ...(traits.isIsolated && home !== undefined ? [{ path: home, owner: user }] : []),
    ],
  };
  await checkHooks(config, { spec, isIsolated: traits.isIsolated });
  const policy = makePolicy(config, traits);
  return {
    user,
    spec,
    policy,
    limits: config.limits,
    warnings: [
      ...warnings,
      ...findLostLimits(config.limits, traits),
      ...(await findLowerLimits(policy.limits)),
    ],
    make: {
      make: await findMake(config, layer?.dir),
      pkgsrc: config.paths.pkgsrc,
      workDir,
      variables: {
        PACKAGES: config.paths.packages,
        DISTDIR: config.paths.distfiles,
        ...inheritVariables(config.pkgsrc.inherit),
        ...config.pkgsrc.variables,
      },
      cacheVars: {},
    },
  };
};

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

const listShares = (config: Config, { isIsolated, hasLayers }: DriverTraits): SandboxSpec['shares'] => {
  const same = (path: string, access: 'ro' | 'rw' | 'scratch') =>
    ({ source: path, target: path, access }) as const;
  return [
    // Some packages write beside their Makefile: let them, in a layer that nobody keeps.
    same(config.paths.pkgsrc, isIsolated ? 'scratch' : 'rw'),
    same(config.paths.packages, isIsolated ? 'ro' : 'rw'),
    // Root inside owns what it makes: a program of root's own on the host, were it made in a directory of the host.
    // Without layers root inside has the rights of the host's anyway, and fetches straight into the host's directory.
    same(config.paths.distfiles, hasLayers ? 'scratch' : 'rw'),
    ...config.sandbox.roDirs.map((dir) => same(dir, 'ro')),
    ...config.sandbox.rwDirs.map((dir) => same(dir, 'rw')),
  ];
};

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
