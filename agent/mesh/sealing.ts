import type { Sha256 } from '../../src/artefacts/sha256.ts';
import { parseSha256 } from '../../src/artefacts/sha256.ts';
import type { BlobStore } from '../../src/artefacts/store/store.ts';
import type { Config } from '../../src/config/config.ts';
import { configDigest } from '../../src/config/digest.ts';
import type { HostId } from '../../src/core/ids.ts';
import { runTool } from '../../src/sandbox/process.ts';
import type { DriverTraits } from '../../src/sandbox/traits.ts';
import type { CourseMesh } from '../build/course.ts';
import { encodeSheet } from '../sheet/encode.ts';
import { makeSheet, packTerms } from '../sheet/make.ts';
import type { BuildSheet } from '../sheet/sheet.ts';

export interface SealingPorts {
  readonly config: Config;
  readonly traits: DriverTraits;
  readonly blobs: BlobStore;
  readonly host: HostId;
  readonly platform: string;
  /** Told of each sheet that was written here. */
  readonly onSealed: (name: Sha256, sheet: BuildSheet) => void;
}

/** Begins to pack what other hosts need of this one for a build; the sheet of the build is written when its packages are known. */
export const createPack =
  ({ config, traits, blobs, host, platform, onSealed }: SealingPorts): CourseMesh['pack'] =>
  (chosen, ground) => {
    const packing = packTerms({ config, traits, ground, blobs, run: runTool });
    // Told where it is waited for.
    packing.catch(() => undefined);
    return (survey, settingsOf) => ({
      platform,
      files: !config.mesh.sharedFiles,
      seal: async (decided) => {
        const sheet = await makeSheet({
          ...decided,
          ...{ survey, settingsOf, config, blobs, ground },
          build: chosen.build,
          startedAtMs: chosen.startedAtMs,
          pkgpaths: chosen.pkgpaths,
          configDigest: configDigest(config),
          submitter: host,
          terms: await packing,
        });
        const { sha256 } = await blobs.addBytes(await encodeSheet(sheet));
        onSealed(sha256, sheet);
        return sha256;
      },
      has: async (name) => {
        const sha256 = parseSha256(name);
        return sha256 !== undefined && (await blobs.check(sha256));
      },
    });
  };
