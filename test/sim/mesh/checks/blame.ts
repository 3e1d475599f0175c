import type { AgentState } from '../../../../src/core/agent.ts';
import { type Entry, isRetry } from '../../../../src/core/facts/fact.ts';
import { listEntries } from '../../../../src/core/meshView.ts';
import type { Fate, TaskSpec } from '../scenario.ts';
import type { Observer, Place, WorldView } from '../trace.ts';
import { Breach } from '../trace.ts';
import type { Ledger } from './ledger.ts';

/**
 * S14. A package is never blamed for a host: what fails as a package was bound to; what fails for trouble had its tries
 * first; and what is bound to fail is never built.
 */
export const checkBlame = (ledger: Ledger): Observer => {
  let world: WorldView | undefined;
  const fates = new Map<string, Fate>();

  const note = (plan: string, task: TaskSpec): void => {
    fates.set(`${plan} ${task.name}`, task.fate);
    for (const added of task.adds) note(plan, added);
  };

  const judge = ({ state }: Place, entry: Entry): void => {
    const { planId, task, outcome } = entry;
    const fate = fates.get(`${planId} ${task}`)?.kind;
    if (fate === undefined || outcome.kind === 'troubled' || outcome.kind === 'retried') return;
    if (outcome.kind === 'built') {
      if (fate === 'fails') throw new Breach('S14', `${task} is built though it cannot be`);
      return;
    }
    if (outcome.class === 'package') {
      if (fate !== 'fails' && fate !== 'flaky' && fate !== 'greedy')
        throw new Breach('S14', `${task} fails as a package: ${outcome.reason}`);
      return;
    }
    const tries = countTroubles(ledger, state, entry);
    const { memoryTriesMax, timeoutTriesMax, attemptsMax } = world?.limits ?? {};
    const least = Math.min(...[memoryTriesMax, timeoutTriesMax, attemptsMax].map((each) => each ?? 0));
    if (tries < least) {
      throw new Breach('S14', `${task} fails (${outcome.class}) after ${tries} tries: ${outcome.reason}`);
    }
  };

  return {
    onStart: (given) => {
      world = given;
      for (const plan of given.scenario.plans) for (const task of plan.tasks) note(plan.id, task);
    },
    onEffect: (place, effect) => {
      if (effect.kind === 'persist') for (const entry of effect.entries) judge(place, entry);
    },
  };
};

/** Attempts that ended in trouble, of all hosts, but for those that a user has voided, as far as who judges knows. */
const countTroubles = (ledger: Ledger, state: AgentState | undefined, { planId, task }: Entry): number => {
  const known = state === undefined ? [] : listEntries(state, planId);
  const voids = new Set(
    known.flatMap((entry) => (entry.task === task && isRetry(entry) ? entry.outcome.voids : [])),
  );
  return ledger
    .allEntries(planId)
    .filter((entry) => entry.task === task && entry.outcome.kind === 'troubled' && !voids.has(entry.token))
    .length;
};
