import { setImmediate as breathe } from 'node:timers/promises';
import { parseSha256, type Sha256 } from '../../src/artefacts/sha256.ts';
import type { BlobRef, BlobStore } from '../../src/artefacts/store/store.ts';
import type { Config } from '../../src/config/config.ts';
import { configDigest } from '../../src/config/digest.ts';
import type { HostId } from '../../src/core/ids.ts';
import { messageOf } from '../../src/errors.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import type { RepositoryPlace } from '../../src/pkgsrc/repository/place.ts';
import { knowPackage } from '../../src/pkgsrc/repository/repository.ts';
import type { DriverTraits } from '../../src/sandbox/traits.ts';
import type { CourseMesh } from '../build/course.ts';
import type { Decided, Sealing } from '../build/plan.ts';
import type { SettingsReader } from '../build/settings.ts';
import type { Survey } from '../build/survey.ts';
import { encodeSheet } from '../sheet/encode.ts';
import { packTerms } from '../sheet/make.ts';
import type { OwnTrees } from '../sheet/ownTrees.ts';
import type { BuildSheet } from '../sheet/sheet.ts';

export interface SealingPorts {
  readonly config: Config;
  readonly traits: DriverTraits;
  readonly blobs: BlobStore;
  readonly trees: OwnTrees;
  readonly host: HostId;
  readonly platform: string;
  /** One line for the operator. */
  readonly onWarning: (text: string) => void;
  /** Told of each sheet that was written here. */
  readonly onSealed: (name: Sha256, sheet: BuildSheet) => void;
}

/** Begins to pack what other hosts need of this one for a build; the sheet of the build is written when its packages are known. */
export const createPack = (ports: SealingPorts): CourseMesh['pack'] => {
  const { config, traits, blobs, trees, host, platform, onSealed, onWarning } = ports;
  const { sharedFiles } = config.mesh;
  return (chosen, ground) => {
    const sinceMs = Date.now();
    const packing = packTerms({ config, traits, ground, blobs, trees, sharedFiles });
    // Told where it is waited for.
    packing.catch(() => undefined);
    const seal = (survey: Survey, settings: SettingsReader): Sealing => ({
      platform,
      files: !sharedFiles,
      seal: async (decided) => {
        const { resolution, decisions } = decided;
        const place: RepositoryPlace = {
          packagesDir: config.paths.packages,
          pkgSuffix: survey.tree.pkgSuffix,
          owner: host,
        };
        const terms = await packing.catch((error: unknown) => {
          onWarning(
            `this build is for this host alone: what others need of it cannot be packed: ${messageOf(error)}`,
          );
          return undefined;
        });
        if (terms === undefined) return undefined;
        const sheet: BuildSheet = {
          ...{ build: chosen.build, startedAtMs: chosen.startedAtMs, pkgpaths: chosen.pkgpaths },
          ...{ submitter: host, configDigest: configDigest(config), resolution, decisions },
          terms,
          tree: survey.tree,
          failures: survey.failures,
          kept: await listKept(place, decided),
          settings: settings.list(),
        };
        const { sha256 } = await blobs.addBytes(await encodeSheet(sheet));
        onSealed(sha256, sheet);
        return sha256;
      },
      has: async (name) => {
        const sha256 = parseSha256(name);
        return sha256 !== undefined && (await blobs.check(sha256));
      },
    });
    return { sinceMs, terms: packing, seal };
  };
};

/** So many notes are read before others have their turn. */
const atOnce = 64;

/** Files of the packages that stay as they are: other hosts install them. */
const listKept = async (
  place: RepositoryPlace,
  { resolution, isKept }: Decided,
): Promise<ReadonlyMap<PkgName, BlobRef>> => {
  const kept = new Map<PkgName, BlobRef>();
  let count = 0;
  for (const { record } of resolution.packages) {
    if (!isKept(record.pkgname)) continue;
    count += 1;
    if (count % atOnce === 0) await breathe();
    const known = await knowPackage(place, record.pkgname);
    if (known.kind !== 'noted') continue;
    const sha256 = parseSha256(known.note.digest.replace(/^sha256:/, ''));
    if (sha256 !== undefined) kept.set(record.pkgname, { sha256, sizeBytes: known.note.sizeBytes });
  }
  return kept;
};
