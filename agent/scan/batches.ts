import { taskName } from '../../src/core/ids.ts';
import type { Task } from '../../src/core/plan.ts';
import type { PkgPath } from '../../src/pkgsrc/package.ts';

/** So long a batch is to take on one core, milliseconds: much more than to make its sandbox, and no loss when its host dies. */
const batchMs = 10_000;
const [pathsMin, pathsMax] = [16, 256];
/** So many batches a slot, so that all slots end together. */
const turns = 4;
/** A slot gives a batch two cores at a time, as a rule. */
const atOnce = 2;

/**
 * Cuts paths into batches for so many slots, neighbours together: they read the same files. `msEach`: what the make of one path takes
 * on this host.
 */
export const cutBatches = (
  paths: readonly PkgPath[],
  msEach: number,
  slots: number,
): ReadonlyMap<string, readonly PkgPath[]> => {
  const wanted = Math.min(batchMs / msEach, paths.length / Math.max(1, slots) / turns);
  const size = Math.max(pathsMin, Math.min(pathsMax, Math.ceil(wanted)));
  const count = Math.ceil(paths.length / size);
  return new Map(
    Array.from({ length: count }, (_, index) => [
      `scan-${String(index + 1).padStart(4, '0')}`,
      paths.slice(index * size, (index + 1) * size),
    ]),
  );
};

/** The batches as the core deals them out. */
export const listBatchTasks = (
  batches: ReadonlyMap<string, readonly PkgPath[]>,
  msEach: number,
): readonly Task[] =>
  [...batches].map(([name, { length }]) => ({
    name: taskName(name),
    needs: [],
    estimateMs: Math.max(1, Math.round((length * msEach) / atOnce)),
    jobsSafe: true,
    weight: 100,
    diskBytes: 0,
    memoryBytes: 0,
  }));
