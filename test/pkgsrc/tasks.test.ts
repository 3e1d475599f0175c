import { expect, it } from 'vitest';
import { resolveRecords } from '../../src/pkgsrc/resolve.ts';
import { listTasks } from '../../src/pkgsrc/tasks.ts';
import { makeRecord } from './records.ts';

it('tasks are the buildable packages with what they need, weigh and are thought to cost', () => {
  const resolution = resolveRecords([
    makeRecord('a-1', { depends: 'b>=1', more: 'PBULK_WEIGHT=-5\nMAKE_JOBS_SAFE=no\n' }),
    makeRecord('off-1', { skip: 'x' }),
    makeRecord('above-1', { depends: 'off>=1' }),
    makeRecord('b-1'),
  ]);
  const tasks = listTasks(resolution, (record) => ({
    wallMs: record.pkgname === 'a-1' ? 1234.4 : Number.NaN,
    diskBytes: 5,
    memoryBytes: 6,
  }));
  const known = { diskBytes: 5, memoryBytes: 6 };
  expect(tasks).toEqual([
    { name: 'a-1', needs: ['b-1'], estimateMs: 1234, jobsSafe: false, weight: -5, ...known },
    { name: 'b-1', needs: [], estimateMs: 1, jobsSafe: true, weight: 100, ...known },
  ]);
});
