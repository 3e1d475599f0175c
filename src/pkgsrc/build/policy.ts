import type { Backoff } from '../../core/limits.ts';
import type { GroupLimits, ProcessLimits } from '../../sandbox/driver.ts';
import type { WatchPolicy } from './watch/policy.ts';

/** What of the configuration counts for each package that is built. */
export interface BuildPolicy {
  /** The sandbox and all that was written inside goes once the package is done: nothing has to be cleaned in it. */
  readonly isDropped: boolean;
  /**
   * DISTDIR as sandboxes have it, where they see it under a layer that is dropped: what is fetched has to be brought out.
   * Undefined: what is written there inside is written on the host.
   */
  readonly layeredDistdir: string | undefined;
  /** Of each process that the package starts. */
  readonly limits: ProcessLimits;
  readonly sandboxLimits: SandboxLimits;
  /** A package file that is larger is not taken into the repository. */
  readonly packageBytesMax: number;
  readonly watch: WatchPolicy;
  /** How often the fetch of distribution files is tried. */
  readonly fetchTries: number;
  /** Between two tries. */
  readonly fetchPause: Backoff;
  /** Pack the work area of a package that fails into `wrkdir.tar.gz` beside its logs. */
  readonly keepWrkdir: boolean;
  /** Pack the prefix of a package that fails after it was installed into `prefix.tar.gz` beside its logs. */
  readonly keepPrefix: boolean;
  /** Files below the work area to keep when a package fails: patterns of find(1)'s -path, from there on. */
  readonly save: readonly string[];
  /** Program and arguments, run inside as root; empty: none. */
  readonly beforePackage: readonly string[];
  readonly afterPackage: readonly string[];
  /** `BULKMESH_*` for these two. */
  readonly hookVariables: Readonly<Record<string, string>>;
}

/** Of all that runs in the sandbox of a package; undefined: none. */
export interface SandboxLimits extends GroupLimits {
  /** What it may write. */
  readonly diskBytes: number | undefined;
}

/** A network that is down for a moment, or a mirror that is busy, costs seconds; for more there is the next build. */
export const DEFAULT_FETCH_PAUSE: Backoff = { firstMs: 2_000, factor: 4, capMs: 60_000 };
