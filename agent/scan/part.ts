import type { PkgPath } from '../../src/pkgsrc/package.ts';

/** What a scan plan is about: its tasks are batches of package paths, and the result of each is a blob. */
export interface ScanPart {
  /** By the name of the task. */
  readonly batches: ReadonlyMap<string, readonly PkgPath[]>;
  /** Of the system of the host that asks, as `digestLikeness` has it. */
  readonly likeness: string;
  /** Paths that had been answered before, and how many of them failed. */
  readonly before: { readonly done: number; readonly failed: number };
}

/** How many paths there are. */
export const countPaths = ({ batches }: ScanPart): number =>
  [...batches.values()].reduce((sum, { length }) => sum + length, 0);
