import type { Fact } from '../../src/core/facts/fact.ts';
import { selectCanonical } from '../../src/core/facts/merge.ts';
import type { TaskName } from '../../src/core/ids.ts';
import { buildId, taskName } from '../../src/core/ids.ts';
import type { Plan, Task } from '../../src/core/plan.ts';
import type { Random } from './random.ts';

/** A plan that looks like a ports tree: most tasks need a few of the early ones. */
export const drawPlan = (random: Random, tasks: number): Plan => ({
  build: buildId('sim'),
  tasks: Array.from({ length: tasks }, (_, index) => ({
    name: taskName(`p${index}`),
    needs: drawNeeds(random, index),
    estimateMs: random.between(1, 500),
    jobsSafe: random.chance(0.9),
    weight: 100,
    ...drawNeedsOfHost(random),
  })),
});

/** Of some nothing is known; of a few it is known that they take most of the host. */
const drawNeedsOfHost = (random: Random): Pick<Task, 'diskBytes' | 'memoryBytes'> => {
  if (random.chance(0.3)) return { diskBytes: 0, memoryBytes: 0 };
  const gib = 1024 ** 3;
  const diskBytes = Math.round(random.next() ** 4 * 30 * gib);
  return { diskBytes, memoryBytes: Math.round(random.next() ** 3 * 24 * gib) };
};

const drawNeeds = (random: Random, index: number): readonly TaskName[] => {
  const count = Math.min(index, random.between(0, 4));
  const needs = Array.from({ length: count }, () => Math.floor(random.next() * random.next() * index));
  return [...new Set(needs)].map((need) => taskName(`p${need}`));
};

/** The end of every task of a finished plan, by the facts alone: what has no fact is blocked, or open. */
export const judgeEnds = (
  plan: Plan,
  facts: readonly Fact[],
): Map<TaskName, 'built' | 'failed' | 'blocked' | 'open'> => {
  const canonical = selectCanonical(facts);
  const ends = new Map<TaskName, 'built' | 'failed' | 'blocked' | 'open'>();
  for (const { name, needs } of plan.tasks) {
    const blocked = needs.some((need) => ends.get(need) === 'failed' || ends.get(need) === 'blocked');
    ends.set(name, canonical.get(name)?.outcome.kind ?? (blocked ? 'blocked' : 'open'));
  }
  return ends;
};
