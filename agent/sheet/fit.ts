import { randomUUID } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef, BlobStore } from '../../src/artefacts/store/store.ts';
import type { Config } from '../../src/config/config.ts';
import type { HostId } from '../../src/core/ids.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import type { SandboxDriver } from '../../src/sandbox/driver.ts';
import { ensureKitLayer, findKitLayer } from '../../src/sandbox/kit.ts';
import { type Ground, layGround, type Site } from '../build/ground.ts';
import type { LiveParts } from '../build/live.ts';
import { openSettings } from '../build/settings.ts';
import { asUnfit, checkGround, checkTerms, refuseUnfit, type Unfit } from './check.ts';
import type { GetBlob } from './getBlob.ts';
import type { OwnTrees } from './ownTrees.ts';
import { probeGround } from './probe.ts';
import type { BuildSheet } from './sheet.ts';
import type { Shelf } from './shelf.ts';
import type { BuildTerms, PackedPlace } from './terms.ts';

export interface FitRequest {
  readonly sheet: BuildSheet;
  /** This host's id. */
  readonly host: HostId;
  /** This host's. */
  readonly config: Config;
  readonly driver: SandboxDriver;
  readonly blobs: BlobStore;
  readonly trees: OwnTrees;
  readonly shelf: Shelf;
  readonly sharedFiles: boolean;
  readonly get: GetBlob;
  readonly signal: AbortSignal;
  /** One line for the operator. */
  readonly onWarning: (text: string) => void;
}

/** What `makeLive` needs of a build that was asked for on another host, but for its plan. */
export interface FittedBuild extends Omit<LiveParts, 'plan' | 'planId' | 'owner'> {
  readonly kept: ReadonlyMap<PkgName, BlobRef>;
  /** When nothing of the build will run here any more. May be called again. */
  release(): void;
}

/**
 * Gets all that packages of the build are made from to this host, and makes sure that they come out as they would where it
 * was asked for. Rejects with `SHEET_UNFIT` when they would not, which is no matter to other builds or hosts; with the
 * reason of the signal; and with what fetching, unpacking and sandboxes throw.
 */
export const fitGround = async (request: FitRequest): Promise<FittedBuild> => {
  const { sheet, config, driver, sharedFiles } = request;
  refuseUnfit(sheet, await checkTerms(sheet, config, driver.traits, sharedFiles));
  const releases: (() => void)[] = [];
  const release = (): void => {
    for (const one of releases.splice(0)) one();
  };
  try {
    const site = await findSite(request, releases);
    const terms = joinConfig(config, sheet.terms);
    const ground = await layGround(terms, driver.traits, site).catch((error: unknown): never => {
      refuseUnfit(sheet, [asUnfit(error)]);
      throw error;
    });
    request.signal.throwIfAborted();
    return { ...(await settle(request, terms, ground)), release };
  } catch (error) {
    release();
    throw error;
  }
};

const settle = async (
  request: FitRequest,
  terms: Config,
  ground: Ground,
): Promise<Omit<FittedBuild, 'release'>> => {
  const { sheet, signal } = request;
  const { tree, failures, resolution, decisions, kept, build, startedAtMs } = sheet;
  const settings = openSettings(terms, ground, tree);
  refuseUnfit(sheet, await findProblems(request, ground, settings));
  signal.throwIfAborted();
  const keptNames = new Set<string>(
    decisions.packages.filter(({ verdict }) => isKept(verdict)).map(({ pkgname }) => pkgname),
  );
  const records = resolution.packages.map(({ record }) => record);
  const make = { ...ground.make, cacheVars: tree.cacheVars };
  return {
    ...{ build, startedAtMs, ground, resolution, kept },
    survey: { records, failures, tree, make },
    settingsOf: settings.settingsOf,
    isKept: (pkgname) => keptNames.has(pkgname),
  };
};

const isKept = (verdict: unknown): boolean =>
  typeof verdict === 'object' && verdict !== null && 'kind' in verdict && verdict.kind === 'kept';

/** What make says of a tree that it cannot make sense of is a problem of this host too: elsewhere it could. */
const findProblems = async (
  { sheet, driver, signal, onWarning }: FitRequest,
  ground: Ground,
  settings: ReturnType<typeof openSettings>,
): Promise<readonly Unfit[]> => {
  try {
    const probed = await probeGround({ driver, ground, sheet, signal, onWarning });
    return await checkGround(sheet, ground, probed, settings);
  } catch (error) {
    signal.throwIfAborted();
    const isOfMake = error instanceof BulkmeshError && /^(NO_|MAKE_|TREE_)/.test(error.code);
    if (isOfMake) return [asUnfit(error)];
    throw error;
  }
};

/** The config that the build was asked for with, but for what is this host's own. */
const joinConfig = (config: Config, terms: BuildTerms): Config => ({
  ...config,
  paths: { ...config.paths, ...terms.paths },
  pkgsrc: {
    ...config.pkgsrc,
    make: terms.make.path,
    bootstrapKit: undefined,
    prefix: terms.prefix,
    pkgDbdir: terms.pkgDbdir,
    buildUser: terms.buildUser,
    variables: terms.variables,
    inherit: terms.inherit,
  },
  build: { ...config.build, ...terms.build },
  sandbox: {
    ...config.sandbox,
    systemDirs: terms.systemDirs,
    roDirs: terms.roDirs.map(({ path }) => path),
    rwDirs: terms.rwDirs,
  },
  limits: terms.limits,
  watchdog: terms.watchdog,
  // Those of the whole build run where it was asked for.
  hooks: { beforeBuild: [], afterBuild: [], ...terms.hooks },
});

const findSite = async (request: FitRequest, releases: (() => void)[]): Promise<Site> => {
  const { sheet, config, blobs, get, signal } = request;
  const { terms } = sheet;
  const kitDir = terms.kit === undefined ? undefined : await bringKit(config, blobs, terms.kit, get, signal);
  const tree = { path: terms.paths.pkgsrc, packed: terms.tree };
  const pkgsrc = await bringPlace(request, releases, tree, config.paths.pkgsrc);
  const roDirs: string[] = [];
  for (const place of terms.roDirs) {
    const own = config.sandbox.roDirs.includes(place.path) ? place.path : undefined;
    roDirs.push(await bringPlace(request, releases, place, own));
  }
  return {
    dirs: { pkgsrc, packages: placeRepository(request), distfiles: config.paths.distfiles },
    ...{ roDirs, kitDir },
    make: terms.make.path,
    workDir: terms.workDir,
    inherited: terms.inherited,
    hookVariables: terms.hookVariables,
  };
};

/** Where the repositories of builds lie that other hosts asked for. */
export const guestRepositories = (stateDir: string): string => join(stateDir, 'mesh', 'packages');

/**
 * What other hosts make of the same names is not what this one makes: each has a repository of its own here, or two builds at
 * once would install each other's packages, and a user find them among his own. One where all hosts
 * share it, and where a build sees what the host has.
 */
const placeRepository = ({ sheet, host, config, driver, sharedFiles }: FitRequest): string =>
  sharedFiles || sheet.submitter === host || !driver.traits.isIsolated
    ? config.paths.packages
    : join(guestRepositories(config.paths.state), sheet.submitter);

/** This host's own directory where it says the same, else one that is fetched. */
const bringPlace = async (
  { trees, shelf, driver, sharedFiles, get, signal }: FitRequest,
  releases: (() => void)[],
  { path, packed }: PackedPlace,
  own: string | undefined,
): Promise<string> => {
  if (sharedFiles || packed === undefined) return own ?? path;
  const isOwn = own !== undefined && isDirectory(own) && (await trees.identify(own)) === packed.tree;
  if (isOwn) return own;
  signal.throwIfAborted();
  if (!driver.traits.isIsolated) {
    throw new BulkmeshError(
      'SHEET_UNFIT',
      `nothing is isolated here, and ${path} is another one than there`,
      {
        hint: 'make it the same on both hosts, or use a driver that isolates builds',
      },
    );
  }
  const held = await shelf.hold(packed, get, signal);
  releases.push(held.release);
  return held.dir;
};

const isDirectory = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** The unpacked kit; the tarball has to be here only once. */
const bringKit = async (
  { paths }: Config,
  blobs: BlobStore,
  kit: BlobRef,
  get: GetBlob,
  signal: AbortSignal,
): Promise<string> => {
  const known = findKitLayer(paths.state, kit.sha256);
  if (known !== undefined) return known.dir;
  await get({ ...kit, maxBytes: kit.sizeBytes }, signal);
  const dir = join(paths.state, 'mesh');
  await mkdir(dir, { recursive: true, mode: 0o755 });
  // A name of its own: the store may drop the blob meanwhile.
  const [target, temporary] = [join(dir, `.kit-${randomUUID()}`), join(dir, `.kit-${randomUUID()}`)];
  try {
    if (!(await blobs.place(kit.sha256, { target, temporary, mayLink: true, mode: 0o600 }))) {
      throw new BulkmeshError('KIT_MISSING', 'the bootstrap kit of the build is gone as soon as it was here');
    }
    return (await ensureKitLayer(paths.state, target)).dir;
  } finally {
    for (const path of [target, temporary]) await rm(path, { force: true });
  }
};
