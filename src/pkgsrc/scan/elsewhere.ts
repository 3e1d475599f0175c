import type { PkgPath, ScanFailure } from '../package.ts';

/** What another host says of one path. */
export type FarIndex =
  | {
      readonly kind: 'indexed';
      readonly pkgpath: PkgPath;
      /** As `PathIndex` has them: the records with their PKG_LOCATION, and the makefiles that were read. */
      readonly text: Buffer;
      readonly makefiles: readonly string[];
    }
  | { readonly kind: 'failed'; readonly pkgpath: PkgPath; readonly failure: ScanFailure };

/** What another host gave for some paths. */
export interface FarAnswers {
  readonly indexes: readonly FarIndex[];
  /** The tree there is as the tree here was then, Unix milliseconds. */
  readonly sinceMs: number;
  /**
   * Digests of files as sandboxes there have them, of those that lie in no directory that is shared with sandboxes. Undefined: the
   * system there is not like the one here, so that what it says is good for this scan, and not to be kept for the next.
   */
  readonly inside: ReadonlyMap<string, string> | undefined;
}

/** Other hosts that answer for paths of a scan. */
export interface Elsewhere {
  /** Whether it is worth while now to ask them for what this host alone would take so long for, milliseconds. */
  isWorth(aloneMs: number): boolean;
  /**
   * Asks them for all of these paths, and resolves when no more answers come: what is left then is scanned here. `take` is called for
   * one part after the other. `msEach`: what one make takes here. Rejects with the reason of the signal.
   */
  index(
    paths: readonly PkgPath[],
    msEach: number,
    take: (answers: FarAnswers) => Promise<void>,
  ): Promise<void>;
}
