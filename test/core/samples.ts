import fc from 'fast-check';
import type { Attempt, Fact, Outcome, Retry, Troubled } from '../../src/core/facts/fact.ts';
import { buildId, passToken, planId, slotName, type Token, taskName } from '../../src/core/ids.ts';
import type { Plan, Task } from '../../src/core/plan.ts';
import { makeLife, tokenOf } from './lives.ts';

/** Tasks as `name: [needs, estimateMs]`, with what else the test says. */
export const makePlan = (
  tasks: Readonly<Record<string, readonly [needs: readonly string[], estimateMs: number]>>,
  more: Readonly<Record<string, Partial<Task>>> = {},
): Plan => ({
  build: buildId('test'),
  tasks: Object.entries(tasks).map(([name, [needs, estimateMs]]) => ({
    name: taskName(name),
    needs: needs.map(taskName),
    estimateMs,
    jobsSafe: true,
    weight: 100,
    diskBytes: 0,
    memoryBytes: 0,
    ...more[name],
  })),
});

export const built: Outcome = { kind: 'built', digest: 'sha256:0', sizeBytes: 1 };
export const failed: Outcome = { kind: 'failed', class: 'package', stage: 'build', reason: 'exit 1' };

/** A fact of which only the given parts matter. */
export const makeFact = (task: string, outcome: Outcome, more: Partial<Fact> = {}): Fact => {
  const origin = more.origin ?? makeLife('h1');
  return {
    planId: planId('plan'),
    task: taskName(task),
    token: tokenOf(origin, more.seq ?? 1),
    origin,
    seq: 1,
    outcome,
    slot: slotName('build-1'),
    startedAtMs: 0,
    wallMs: 1,
    cpuMs: 1,
    jobs: 1,
    steps: [],
    diskBytes: 0,
    memoryBytes: 0,
    ...more,
  };
};

/** An attempt of which only the given parts matter; a plain trouble of its sandbox when nothing is said of that. */
export const makeAttempt = (
  task: string,
  outcome: Partial<Troubled> = {},
  more: Partial<Omit<Attempt, 'outcome'>> = {},
): Attempt => ({
  ...makeFact(task, failed, more),
  outcome: {
    kind: 'troubled',
    trouble: 'sandbox',
    detail: 'as it was',
    stage: undefined,
    alone: false,
    hostSuspect: false,
    ...outcome,
  },
});

/** A user's wish to have a task tried again, of which only the given parts matter. */
export const makeRetry = (
  task: string,
  voids: readonly Token[],
  more: Partial<Omit<Retry, 'outcome'>> = {},
): Retry => ({ ...makeFact(task, failed, { seq: 99, ...more }), outcome: { kind: 'retried', voids } });

/** Any acyclic plan: a task needs only tasks that come before it in some order, which is not that of their names. */
export const anyPlan = (maxTasks = 24): fc.Arbitrary<Plan> =>
  fc
    .array(
      fc.record({
        needs: fc.array(fc.nat(), { maxLength: 4 }),
        estimateMs: fc.integer({ min: 1, max: 50 }),
        jobsSafe: fc.boolean(),
        weight: fc.constantFrom(100, 100, 100, 50, 300),
      }),
      { minLength: 1, maxLength: maxTasks },
    )
    .map((tasks) => ({
      build: buildId('test'),
      tasks: tasks.map(({ needs, ...rest }, index) => ({
        name: nameOf(index),
        needs: index === 0 ? [] : [...new Set(needs.map((need) => nameOf(need % index)))],
        ...rest,
        diskBytes: 0,
        memoryBytes: 0,
      })),
    }));

/** Names whose order is not the order of their numbers. */
const nameOf = (index: number) => taskName(`t${(index * 7) % 101}-${index}`);

/** Any fact about one of a few tasks, from a few origins, so that facts meet. */
export const anyFact = (): fc.Arbitrary<Fact> =>
  fc
    .record({
      task: fc.constantFrom('a', 'b', 'c'),
      host: fc.constantFrom('h1', 'h2'),
      incarnation: fc.integer({ min: 1, max: 3 }),
      seq: fc.integer({ min: 1, max: 12 }),
      turn: fc.integer({ min: 1, max: 12 }),
      hop: fc.nat(2),
      outcome: fc.constantFrom(built, failed),
      wallMs: fc.nat(3),
    })
    .map(({ task, host, incarnation, seq, turn, hop, outcome, wallMs }) => {
      const origin = makeLife(host, incarnation);
      const token = passToken(tokenOf(origin, turn), hop);
      return makeFact(task, outcome, { origin, seq, token, wallMs });
    });
