import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseSha256 } from '../../src/artefacts/sha256.ts';
import type { BlobRef, BlobStore } from '../../src/artefacts/store/store.ts';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { findShared } from '../../src/sandbox/hostPath.ts';
import { runTool } from '../../src/sandbox/process.ts';
import type { DriverTraits } from '../../src/sandbox/traits.ts';
import type { Ground } from '../build/ground.ts';
import type { OwnTrees } from './ownTrees.ts';
import type { BuildTerms, MakeProgram, PackedPlace } from './terms.ts';

export interface PackRequest {
  readonly config: Config;
  readonly ground: Ground;
  readonly traits: DriverTraits;
  readonly blobs: BlobStore;
  readonly trees: OwnTrees;
  /** All hosts have tree, packages and distfiles at hand: nothing is packed. */
  readonly sharedFiles: boolean;
}

/**
 * The terms of a build of this host's config, with tree, `ro_dirs` and kit in the blob store for others to fetch. Reads the
 * whole tree when it has changed since the last time: to be done beside the scan.
 * @throws {BulkmeshError} ARTEFACT_TREE_CHANGED and others of `packTree`, KIT_MISSING, ARTEFACT_DISK_FULL
 */
export const packTerms = async (request: PackRequest): Promise<BuildTerms> => {
  const { config, ground, traits, trees, sharedFiles } = request;
  const { paths, pkgsrc, sandbox, build, hooks, limits, watchdog } = config;
  const kit = await packKit(request);
  const tree = sharedFiles ? undefined : await trees.pack(paths.pkgsrc);
  const roDirs: PackedPlace[] = [];
  for (const path of sandbox.roDirs) {
    roDirs.push({ path, packed: sharedFiles ? undefined : await trees.pack(path) });
  }
  return {
    platform: process.platform,
    arch: process.arch,
    isIsolated: traits.isIsolated,
    paths: { pkgsrc: paths.pkgsrc, packages: paths.packages, distfiles: paths.distfiles },
    ...{ tree, roDirs, kit },
    rwDirs: sandbox.rwDirs,
    systemDirs: sandbox.systemDirs,
    make: await describeMake(ground),
    workDir: ground.make.workDir,
    prefix: pkgsrc.prefix,
    pkgDbdir: pkgsrc.pkgDbdir,
    buildUser: pkgsrc.buildUser,
    variables: pkgsrc.variables,
    inherit: pkgsrc.inherit,
    inherited: ground.inherited,
    build: {
      ...{ fetchTries: build.fetchTries, save: build.save },
      ...{ keepWrkdir: build.keepWrkdir, keepPrefix: build.keepPrefix },
    },
    ...{ limits, watchdog },
    hooks: { beforePackage: hooks.beforePackage, afterPackage: hooks.afterPackage },
    hookVariables: ground.policy.hookVariables,
  };
};

/** An unpacked kit is called by the hash of its tarball. */
const packKit = async ({ config, ground, blobs }: PackRequest): Promise<BlobRef | undefined> => {
  const { kitDir } = ground.spec;
  const tarball = config.pkgsrc.bootstrapKit;
  if (kitDir === undefined || tarball === undefined) return undefined;
  const expected = parseSha256(basename(kitDir));
  if (expected === undefined) throw new TypeError(`${kitDir} is no unpacked kit`);
  const sizeBytes = blobs.sizeOf(expected);
  if (sizeBytes !== undefined && (await blobs.check(expected))) return { sha256: expected, sizeBytes };
  const added = await blobs.addFile(tarball, { mayLink: false, expected });
  if (added !== undefined) return { sha256: added.sha256, sizeBytes: added.sizeBytes };
  throw new BulkmeshError('KIT_CHANGED', `the bootstrap kit ${tarball} was replaced while the build began`, {
    hint: 'start the build again',
  });
};

const describeMake = async (ground: Ground): Promise<MakeProgram> => {
  const { path, program, sha256 } = await identifyMake(ground);
  if (program === undefined) return { path, outside: undefined };
  const { stdout } = await runTool([program, '-f', '/dev/null', '-V', 'MAKE_VERSION']);
  return { path, outside: { sha256, version: stdout.trim().slice(0, versionMax) } };
};

/** The longest MAKE_VERSION. */
export const versionMax = 64;

/** The make of a ground as it lies on this host; no program where the kit brings it. @throws what the file system throws */
export const identifyMake = async ({
  make: { make: path },
  spec,
}: Pick<Ground, 'make' | 'spec'>): Promise<
  | { readonly path: string; readonly program: string; readonly sha256: string }
  | { readonly path: string; readonly program: undefined; readonly sha256: undefined }
> => {
  if (spec.kitDir !== undefined && existsSync(join(spec.kitDir, path)))
    return { path, program: undefined, sha256: undefined };
  const program = findShared(path, spec.shares) ?? path;
  const hash = createHash('sha256');
  await pipeline(createReadStream(program), hash);
  return { path, program, sha256: hash.digest('hex') };
};
