import type { PlanId, TaskName } from '../../../src/core/ids.ts';
import { buildId, planId, taskName } from '../../../src/core/ids.ts';
import type { Plan, Task } from '../../../src/core/plan.ts';
import type { PlanSpec, Scenario, TaskSpec } from './scenario.ts';

/** A task as a plan says it. */
export const toTask = (spec: TaskSpec): Task => ({
  name: taskName(spec.name),
  needs: spec.needs.map(taskName),
  estimateMs: spec.estimateMs,
  jobsSafe: spec.jobsSafe,
  weight: spec.weight,
  diskBytes: spec.diskBytes,
  memoryBytes: spec.memoryBytes,
});

/** A plan as a user hands it in. */
export const toPlan = ({ id, platform, files, tasks }: PlanSpec): Plan => ({
  build: buildId(id),
  ...(platform === undefined ? {} : { platform }),
  files,
  tasks: tasks.map(toTask),
});

/** What is bound to become of each task, by plan and name. */
export const indexTasks = ({ plans }: Scenario): ReadonlyMap<PlanId, ReadonlyMap<TaskName, TaskSpec>> =>
  new Map(
    plans.map(({ id, tasks }) => [
      planId(id),
      new Map(listAll(tasks).map((task) => [taskName(task.name), task])),
    ]),
  );

const listAll = (tasks: readonly TaskSpec[]): readonly TaskSpec[] =>
  tasks.flatMap((task) => [task, ...listAll(task.adds)]);
