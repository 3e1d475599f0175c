import { cancelRun } from '../cancel.ts';
import { clearOwner } from '../dispatch/owners.ts';
import type { Attempt, Entry, Fact, Retry } from '../facts/fact.ts';
import { isFact, isRetry } from '../facts/fact.ts';
import { isVoid, mergeFacts } from '../facts/merge.ts';
import { judgeRecord, type TaskRecord } from '../failure/judge.ts';
import { noteFact } from '../files/have.ts';
import { postponeRebuild } from '../files/lost.ts';
import { extendProgress, recordEnd } from '../graph/progress.ts';
import { isSameLife } from '../ids.ts';
import { sendAll } from '../membership/send.ts';
import { findHolding, release } from '../queue/queue.ts';
import type { PlanState, Step } from '../state.ts';
import { lifeOf, listSlotsRunning } from '../state.ts';
import { append, countEntries } from './journal.ts';
import { applyRetry, refreshRecord, revive } from './reopen.ts';

/** What an entry says that its maker does not find by itself. */
export type Draft = DraftOf<Fact> | DraftOf<Attempt> | DraftOf<Retry>;
type DraftOf<Kind extends Entry> = Omit<Kind, 'origin' | 'seq' | 'planId'>;

/** Makes an entry of this agent: durable first, then everybody hears of it. */
export const record = (step: Step, plan: PlanState, draft: Draft): void => recordAll(step, plan, [draft]);

/** The same of several, in their order. */
export const recordAll = (step: Step, plan: PlanState, drafts: readonly Draft[]): void => {
  const { state, effects } = step;
  const { planId } = plan;
  if (drafts.length === 0) return;
  const origin = lifeOf(state);
  const count = countEntries(plan.journal, origin);
  const entries = drafts.map((draft, index): Entry => {
    const base = { planId, origin, seq: count + index + 1 };
    switch (draft.outcome.kind) {
      case 'troubled':
        return { ...draft, ...base, outcome: draft.outcome };
      case 'retried':
        return { ...draft, ...base, outcome: draft.outcome };
      default:
        return { ...draft, ...base, outcome: draft.outcome };
    }
  });
  for (const entry of entries) append(plan.journal, entry);
  effects.push({ kind: state.rules.persistFirst ? 'persist' : 'keep', entries });
  tellPeople(step, plan, entries);
  const { entriesMax } = state.limits.mesh;
  for (let first = 0; first < entries.length; first += entriesMax) {
    const part = entries.slice(first, first + entriesMax);
    sendAll(step, { kind: 'entries', planId, origin, from: count + first + 1, entries: part });
  }
  for (const entry of entries) applyEntry(step, plan, entry);
};

/** What people hear of entries that were not known here. */
const tellPeople = ({ effects }: Step, { planId }: PlanState, entries: readonly Entry[]): void => {
  const facts = entries.filter(isFact);
  if (facts.length > 0) effects.push({ kind: 'announce', facts });
  const retries = entries.filter(isRetry);
  const [first] = retries;
  if (first === undefined) return;
  const { host } = first.origin;
  const tasks = retries.map(({ task }) => task);
  effects.push({ kind: 'note', note: { kind: 'retried', planId, tasks, host } });
};

/** What came of entries that others told. */
export interface Learnt {
  /** False when something before them is missing: it is to be asked for. */
  readonly isWhole: boolean;
  /** Something was not known before. */
  readonly isNew: boolean;
}

/**
 * Adds what others have told. What this life has made is told by nobody else, and what belongs to another plan has no place
 * here: whoever tells such things is broken, and would break the numbers of this agent's own entries.
 */
export const learn = (step: Step, plan: PlanState, entries: readonly Entry[]): Learnt => {
  const me = lifeOf(step.state);
  const fresh: Entry[] = [];
  let isWhole = true;
  for (const entry of entries) {
    if (entry.planId !== plan.planId || isSameLife(entry.origin, me)) continue;
    const known = countEntries(plan.journal, entry.origin);
    if (entry.seq <= known) continue;
    if (entry.seq !== known + 1) {
      isWhole = false;
      break;
    }
    append(plan.journal, entry);
    fresh.push(entry);
  }
  if (fresh.length === 0) return { isWhole, isNew: false };
  step.effects.push({ kind: 'keep', entries: fresh });
  tellPeople(step, plan, fresh);
  for (const entry of fresh) applyEntry(step, plan, entry);
  return { isWhole, isNew: true };
};

/** Lets what an entry says come true: for the plan, for those that hold the task, for the table of the coordinator. */
export const applyEntry = (step: Step, plan: PlanState, entry: Entry): void => {
  const task = plan.progress.table.indexOf.get(entry.task);
  if (task === undefined) {
    // Its task is of a result that has not come yet.
    const early = plan.early.get(entry.task) ?? [];
    plan.early.set(entry.task, [...early, entry]);
    return;
  }
  plan.isDirty = true;
  if (isFact(entry)) applyFact(step, plan, task, entry);
  else if (isRetry(entry)) applyRetry(step, plan, task, entry);
  else applyAttempt(step, plan, task, entry);
};

const applyFact = (step: Step, plan: PlanState, task: number, fact: Fact): void => {
  const { state } = step;
  if (fact.outcome.kind === 'failed') {
    plan.failures.set(task, [...(plan.failures.get(task) ?? []), fact]);
    if (isVoid(fact, plan.voids.get(task))) {
      if (plan.owners.byTask.get(task)?.token === fact.token) clearOwner(plan, task);
      return;
    }
  }
  const known = plan.ends.get(task);
  const canonical = known === undefined ? fact : mergeFacts(known, fact);
  plan.ends.set(task, canonical);
  const owner = plan.owners.byTask.get(task);
  const wasAgain = owner?.again === true && owner.token !== fact.token;
  recordEnd(plan.progress, task, canonical.outcome.kind);
  if (owner !== undefined && !wasAgain) clearOwner(plan, task);
  noteFact(step, plan, fact);
  if (fact.outcome.kind === 'failed' && canonical !== fact) postponeRebuild(step, plan, task);
  if (fact.outcome.kind === 'built') addTasks(step, plan, fact);
  revive(plan);
  if (!isSameLife(fact.origin, lifeOf(state)) || known !== undefined) endOthers(step, plan, task, fact);
};

/** A task that is over is to be run by nobody, unless it is to be built again. */
const endOthers = (step: Step, plan: PlanState, task: number, fact: Fact): void => {
  const { state } = step;
  const holding = findHolding(state, plan, task);
  if (holding !== undefined && !holding.again) release(state, holding);
  if (!state.rules.cancelKnown) return;
  for (const { slot, run } of listSlotsRunning(state)) {
    const isIt = run.planId === plan.planId && run.task === task && run.token !== fact.token;
    if (isIt && !run.again) cancelRun(step, slot, 'known', 'another host has brought it to its end');
  }
};

const addTasks = (step: Step, plan: PlanState, { outcome }: Fact): void => {
  if (outcome.kind !== 'built' || outcome.adds === undefined || outcome.adds.length === 0) return;
  // One that needs others has no place in the order of those that are known; only a broken host tells of such.
  const adds = outcome.adds.filter(({ needs }) => needs.length === 0);
  extendProgress(plan.progress, adds);
  for (const { name } of adds) {
    const early = plan.early.get(name);
    plan.early.delete(name);
    for (const entry of early ?? []) applyEntry(step, plan, entry);
  }
};

const applyAttempt = (step: Step, plan: PlanState, task: number, attempt: Attempt): void => {
  const attempts = plan.attempts.get(task) ?? [];
  // What lay behind a gap in the store counted as it was loaded, and is told again in its order: a task is charged once.
  if (attempts.some(({ origin, seq }) => seq === attempt.seq && isSameLife(origin, attempt.origin))) return;
  attempts.push(attempt);
  plan.attempts.set(task, attempts);
  const isStanding = !isVoid(attempt, plan.voids.get(task));
  const taskRecord = refreshRecord(plan, task);
  const untilMs = isStanding && taskRecord ? findReturn(step, attempt, taskRecord) : undefined;
  const owner = plan.owners.byTask.get(task);
  if (owner?.token === attempt.token) clearOwner(plan, task, untilMs);
  // What is to be built again has its fact, so that it pauses with its file.
  const verdict = taskRecord && judgeRecord(taskRecord, step.state.limits);
  if (verdict?.kind === 'giveUp' || verdict?.pauseMs !== undefined) postponeRebuild(step, plan, task);
  const second = plan.owners.duplicates.get(task);
  if (second?.token === attempt.token) plan.owners.duplicates.delete(task);
};

/** When a task is ready again. While this host starts nothing its pause has not begun: others go first after that. */
const findReturn = (
  { state, now }: Step,
  { origin }: Attempt,
  taskRecord: TaskRecord,
): number | undefined => {
  const verdict = judgeRecord(taskRecord, state.limits);
  if (verdict.kind === 'giveUp' || verdict.pauseMs === undefined) return undefined;
  const { gate } = state.admission;
  const isHeld = gate.kind === 'held' && isSameLife(origin, lifeOf(state));
  return (isHeld ? gate.untilMs : now.now) + verdict.pauseMs;
};
