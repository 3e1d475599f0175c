import type { Entry } from '../../../../src/core/facts/fact.ts';
import type { PlanId, TaskName } from '../../../../src/core/ids.ts';
import type { Fate, TaskSpec } from '../scenario.ts';
import type { Observer, WorldView } from '../trace.ts';
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

  const judge = (entry: Entry): void => {
    const { planId, task, outcome } = entry;
    const fate = fates.get(`${planId} ${task}`)?.kind;
    if (fate === undefined || outcome.kind === 'troubled') return;
    if (outcome.kind === 'built') {
      if (fate === 'fails') throw new Breach('S14', `${task} is built though it cannot be`);
      return;
    }
    if (outcome.class === 'package') {
      if (fate !== 'fails' && fate !== 'greedy')
        throw new Breach('S14', `${task} fails as a package: ${outcome.reason}`);
      return;
    }
    const tries = countTroubles(ledger, planId, task);
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
    onEffect: (_, effect) => {
      if (effect.kind === 'persist') effect.entries.forEach(judge);
    },
  };
};

/** Attempts that ended in trouble, of all hosts. */
const countTroubles = (ledger: Ledger, planId: PlanId, task: TaskName): number =>
  ledger.allEntries(planId).filter((entry) => entry.task === task && entry.outcome.kind === 'troubled')
    .length;
