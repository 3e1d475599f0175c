import { isOpen } from '../election/role.ts';
import { judgeRecord } from '../failure/judge.ts';
import { record } from '../journal/learn.ts';
import type { Step } from '../state.ts';

/** The coordinator makes an end of tasks that have had their tries. What runs somewhere may still come to its own end. */
export const giveUpHopeless = (step: Step): void => {
  const { state } = step;
  if (!isOpen(state)) return;
  for (const plan of state.plans) {
    if (!plan.isDirty || plan.ending !== undefined) continue;
    for (const [task, taskRecord] of plan.records) {
      if (plan.ends.has(task) || plan.owners.byTask.has(task)) continue;
      const verdict = judgeRecord(taskRecord, state.limits);
      if (verdict.kind !== 'giveUp') continue;
      const { last } = taskRecord;
      if (last === undefined) continue;
      const { task: name, token, slot, startedAtMs, wallMs, jobs } = last;
      record(step, plan, {
        ...{ task: name, token, slot, startedAtMs, wallMs, jobs },
        ...{ steps: [], cpuMs: 0, diskBytes: 0, memoryBytes: 0 },
        outcome: verdict.failure,
      });
    }
  }
};
