import { taskName } from '../core/ids.ts';
import type { Task } from '../core/plan.ts';
import type { Resolution, ScanRecord } from './package.ts';

/** What a package is expected to take. */
export interface Expectation {
  readonly wallMs: number;
  /** 0 where nothing is known. */
  readonly diskBytes: number;
  readonly memoryBytes: number;
}

/**
 * The buildable packages as tasks of a build plan, in their order. `expect` says what one package will
 * take; a time that is no number of at least 1 counts as 1.
 */
export function listTasks(
  resolution: Resolution,
  expect: (record: ScanRecord) => Expectation,
): readonly Task[] {
  const { packages } = resolution;
  return packages.flatMap(({ record, depends, state }): Task[] => {
    if (state.kind !== 'buildable') return [];
    const { wallMs, diskBytes, memoryBytes } = expect(record);
    const estimateMs = Math.round(wallMs);
    return [
      {
        name: taskName(record.pkgname),
        needs: depends.flatMap((index) => packages[index]?.record.pkgname ?? []).map(taskName),
        estimateMs: Number.isSafeInteger(estimateMs) && estimateMs > 1 ? estimateMs : 1,
        jobsSafe: record.makeJobsSafe,
        weight: record.pbulkWeight,
        diskBytes,
        memoryBytes,
      },
    ];
  });
}
