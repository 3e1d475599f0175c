import { taskName } from '../core/ids.ts';
import type { Task } from '../core/plan.ts';
import type { Resolution, ScanRecord } from './package.ts';

/**
 * The buildable packages as tasks of a build plan, in their order. `estimate` gives the expected wall time of one package
 * in milliseconds; anything that is no number of at least 1 counts as 1.
 */
export function listTasks(resolution: Resolution, estimate: (record: ScanRecord) => number): readonly Task[] {
  const { packages } = resolution;
  return packages.flatMap(({ record, depends, state }): Task[] => {
    if (state.kind !== 'buildable') return [];
    const estimateMs = Math.round(estimate(record));
    return [
      {
        name: taskName(record.pkgname),
        needs: depends.flatMap((index) => packages[index]?.record.pkgname ?? []).map(taskName),
        estimateMs: Number.isSafeInteger(estimateMs) && estimateMs > 1 ? estimateMs : 1,
        jobsSafe: record.makeJobsSafe,
        weight: record.pbulkWeight,
      },
    ];
  });
}
