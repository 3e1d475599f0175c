import { isAtRest, snapshotPlan } from '../../../../src/core/agent.ts';
import type { Fact } from '../../../../src/core/facts/fact.ts';
import { selectCanonical } from '../../../../src/core/facts/merge.ts';
import type { PlanId, TaskName } from '../../../../src/core/ids.ts';
import { lifeKey, taskName } from '../../../../src/core/ids.ts';
import { listEntries, viewHeld } from '../../../../src/core/meshView.ts';
import type { Plan } from '../../../../src/core/plan.ts';
import type { Scenario } from '../scenario.ts';
import type { Observer, WorldView } from '../trace.ts';
import { Breach } from '../trace.ts';
import { listKnowable } from './dense.ts';
import type { Ledger } from './ledger.ts';
import type { Member } from './members.ts';
import { listMembers } from './members.ts';

/**
 * At the end of a run. S2: no entry that a living host has stored is unknown to another one. S6: all have the same end for
 * each task, and the same picture of the plan. S12: each task of a finished plan is built, failed, or needs one
 * that is not built. S15: what users wanted tried again, as often as it takes, is built. L4: nothing is held by anybody any more.
 */
export const checkAgreement = (ledger: Ledger): Observer => {
  let world: WorldView | undefined;
  /** Plans that a user wanted stopped at last. */
  const stopped = new Set<string>();
  return {
    onStart: (given) => {
      world = given;
    },
    onWord: ({ kind, plan }) => {
      if (kind === 'stop') stopped.add(plan);
      if (kind === 'resume') stopped.delete(plan);
    },
    onEnd: () => {
      if (world === undefined) return;
      const members = listMembers(world);
      for (const [planId, plan] of world.plans) {
        const present = members.filter(({ state }) => snapshotPlan(state, planId) !== undefined);
        demandSameEntries(present, planId);
        demandSameEnds(present, planId);
        const [first] = present;
        if (first === undefined) continue;
        demandComplete(ledger, first, planId, plan);
        if (!stopped.has(planId)) demandRetried(world.scenario, first, planId);
      }
      members.forEach(demandNothingHeld);
    },
  };
};

const demandSameEntries = (members: readonly Member[], planId: PlanId): void => {
  const known = members.map(({ place, state }) => ({
    name: place.name,
    keys: new Set(listEntries(state, planId).map(({ origin, seq }) => `${lifeKey(origin)} ${seq}`)),
    stored: place.entries(planId),
  }));
  const stored = listKnowable(known.flatMap((each) => each.stored));
  for (const { name, keys } of known) {
    for (const key of stored) {
      if (!keys.has(key)) throw new Breach('S2', `entry ${key} of ${planId} is not known at the end`, name);
    }
  }
};

const demandSameEnds = (members: readonly Member[], planId: PlanId): void => {
  const [first, ...others] = members.map(({ place, state }) => {
    const ends = [...selectCanonical(listEntries(state, planId))];
    const text = ends
      .map(([task, { outcome, token }]) => `${task} ${outcome.kind} ${token}`)
      .sort()
      .join('\n');
    return { name: place.name, text, counts: JSON.stringify(snapshotPlan(state, planId)) };
  });
  for (const { name, text, counts } of others) {
    if (text !== first?.text)
      throw new Breach('S6', `${name} and ${first?.name} end ${planId} otherwise`, name);
    if (counts !== first.counts) {
      throw new Breach('S6', `${name} has ${counts} of ${planId}, ${first.name} has ${first.counts}`, name);
    }
  }
};

const demandComplete = (ledger: Ledger, { place, state }: Member, planId: PlanId, plan: Plan): void => {
  if (place.ended.get(planId) !== 'complete') return;
  const facts = selectCanonical(listEntries(state, planId));
  const isBuilt = (task: TaskName): boolean => facts.get(task)?.outcome.kind === 'built';
  for (const name of listTasks(plan, facts)) {
    const isBlocked = ledger.closureOf(planId, name).some((need) => facts.has(need) && !isBuilt(need));
    if (!facts.has(name) && !isBlocked)
      throw new Breach('S12', `${name} of ${planId} has no end`, place.name);
  }
};

const demandRetried = ({ words, plans }: Scenario, { place, state }: Member, planId: PlanId): void => {
  if (place.ended.get(planId) !== 'complete') return;
  if (!words.some((word) => word.kind === 'retry' && word.plan === planId)) return;
  const facts = selectCanonical(listEntries(state, planId));
  for (const { name, fate } of plans.find(({ id }) => id === planId)?.tasks ?? []) {
    if (fate.kind === 'flaky' && facts.get(taskName(name))?.outcome.kind === 'failed')
      throw new Breach('S15', `${name} of ${planId} has failed though it was tried again`, place.name);
  }
};

/** All tasks of a plan. A result whose own task no result has added counts for nothing: what added it is lost. */
const listTasks = (plan: Plan, facts: ReadonlyMap<TaskName, Fact>): readonly TaskName[] => {
  const names = plan.tasks.map(({ name }) => name);
  for (const name of names) {
    const outcome = facts.get(name)?.outcome;
    if (outcome?.kind === 'built') names.push(...(outcome.adds ?? []).map((task) => task.name));
  }
  return names;
};

const demandNothingHeld = ({ place, state }: Member): void => {
  const { runs, queue, transfers } = viewHeld(state);
  const left = [...runs, ...queue, ...transfers].map(({ task }) => task);
  if (left.length > 0) throw new Breach('L4', `${left.join(', ')} held at the end`, place.name);
  if (place.builds.size > 0)
    throw new Breach('L4', `${place.builds.size} builds go on at the end`, place.name);
  if (!isAtRest(state)) throw new Breach('L4', 'not at rest at the end', place.name);
};
