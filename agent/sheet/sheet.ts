import type { BlobRef } from '../../src/artefacts/store/store.ts';
import type { BuildId, HostId } from '../../src/core/ids.ts';
import type { TreeEnvironment } from '../../src/pkgsrc/environment.ts';
import type { PkgName, Resolution, ScanFailure } from '../../src/pkgsrc/package.ts';
import type { Decisions } from '../../src/store/decisions.ts';
import type { OutsideSettings } from '../build/settings.ts';
import type { BuildTerms } from './terms.ts';

/**
 * All that another host must know of a build to make packages of it, and reports, as the host would where it was asked for.
 * It never changes once there is a plan.
 */
export interface BuildSheet {
  readonly build: BuildId;
  /** Where it was asked for. */
  readonly submitter: HostId;
  readonly startedAtMs: number;
  readonly pkgpaths: readonly string[];
  readonly configDigest: string;
  readonly terms: BuildTerms;
  /** What make said of the tree. */
  readonly tree: TreeEnvironment;
  readonly failures: readonly ScanFailure[];
  /** The packages of the build, and what was decided of each: in one order. */
  readonly resolution: Resolution;
  readonly decisions: Decisions;
  /** Files of the packages that stay as they were. */
  readonly kept: ReadonlyMap<PkgName, BlobRef>;
  readonly settings: readonly OutsideSettings[];
}
