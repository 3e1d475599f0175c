import type { Sha256 } from '../sha256.ts';

/** What a thread is asked to do. Each has one answer, and blocks of an intake none. */
export type Order =
  | {
      readonly kind: 'openRoot';
      readonly root: string;
      readonly partKeepMs: number;
      readonly quarantineMax: number;
    }
  | {
      readonly kind: 'hashFile';
      readonly path: string;
      readonly algorithms: readonly string[];
      /** Reads no faster. */
      readonly bytesPerSecond: number | undefined;
    }
  | { readonly kind: 'openIntake'; readonly intake: number; readonly spec: IntakeSpec }
  /** Empties the file, and begins anew. */
  | { readonly kind: 'restartIntake'; readonly intake: number }
  | { readonly kind: 'endIntake'; readonly intake: number; readonly how: 'commit' | 'keep' | 'discard' }
  | { readonly kind: 'putBlobs'; readonly root: string; readonly blobs: readonly NewBlob[] }
  | {
      readonly kind: 'adoptFile';
      readonly root: string;
      readonly path: string;
      readonly mayLink: boolean;
      readonly expected: Sha256 | undefined;
    }
  | { readonly kind: 'placeBlob'; readonly blob: string; readonly place: Placement }
  | {
      readonly kind: 'hashTree';
      readonly dir: string;
      readonly excludes: readonly string[];
      readonly readsFiles: boolean;
      readonly listTo: string | undefined;
    };

export interface IntakeSpec {
  readonly root: string;
  /** Undefined: it is known only at the end. */
  readonly expected: Sha256 | undefined;
  /** More is refused. */
  readonly maxBytes: number;
  /** `blockCount` blocks of `blockBytes` each. */
  readonly blocks: SharedArrayBuffer;
}

export interface NewBlob {
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
}

export interface Placement {
  /** The file that is to be, replaced when there is one. */
  readonly target: string;
  /** A name in the same directory that nobody else uses; a crash may leave it behind. */
  readonly temporary: string;
  /** True: a hard link will do, when the file system allows it. Nobody may write to the target then. */
  readonly mayLink: boolean;
  /** Permissions of a copy. */
  readonly mode: number;
}

export type Request =
  | { readonly kind: 'order'; readonly id: number; readonly order: Order }
  | { readonly kind: 'block'; readonly intake: number; readonly block: number; readonly bytes: number };

export type Answer =
  | {
      readonly kind: 'opened';
      readonly names: readonly string[];
      readonly sizesBytes: Float64Array;
      readonly usedAtMs: Float64Array;
      /** What lay where only blobs may lie, and is in quarantine now. */
      readonly odd: readonly string[];
    }
  | { readonly kind: 'hashed'; readonly sizeBytes: number; readonly digests: readonly string[] }
  | { readonly kind: 'intakeOpened'; readonly offsetBytes: number }
  | {
      readonly kind: 'stored';
      readonly sha256: Sha256;
      readonly sizeBytes: number;
      readonly isLinked: boolean;
    }
  /** The bytes are others than expected; nothing is left of them. */
  | { readonly kind: 'mismatch'; readonly sha256: Sha256; readonly sizeBytes: number }
  /** Of each blob in turn whether it was what it should be, and is stored. */
  | { readonly kind: 'put'; readonly isRight: readonly boolean[] }
  | {
      readonly kind: 'treeHashed';
      readonly sha256: Sha256;
      readonly files: number;
      readonly sizeBytes: number;
      readonly stamp: string;
    }
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export type Reply =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  /** A block has been written and can be filled again. */
  | { readonly kind: 'free'; readonly intake: number; readonly block: number }
  /** A block could not be written; the end of the intake says why. */
  | { readonly kind: 'stuck'; readonly intake: number };

export const blockBytes = 2 ** 18;
export const blockCount = 4;
