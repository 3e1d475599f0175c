import { reconcile } from '../dispatch/reconcile.ts';
import { findLeader, isLeader } from '../election/role.ts';
import { sendTo } from '../membership/send.ts';
import type { RunItem } from '../message.ts';
import type { Run } from '../slot/slot.ts';
import type { AgentState, Step } from '../state.ts';
import { lifeOf, listRuns } from '../state.ts';
import { describeHolding } from './queue.ts';

/** Tells the coordinator what this agent holds, when it is time. */
export const reportHoldings = (step: Step): void => {
  const { state, now } = step;
  if (now.now < state.holdAtMs) return;
  state.holdAtMs = now.now + state.limits.mesh.holdMs;
  if (state.rules.holdReconcile) sendHold(step);
};

/**
 * Tells the coordinator all that this agent holds. It compares that with its table and mends whatever lost messages and races
 * broke: everything else in the dealing out of tasks may fail now and then.
 */
const sendHold = (step: Step): void => {
  const { state, now } = step;
  const { highest } = state.election;
  if (highest === undefined || state.life === undefined) return;
  const held = listHeld(state, now.now);
  if (isLeader(state)) reconcile(step, lifeOf(state), held);
  else if (highest.life.host !== lifeOf(state).host) {
    sendTo(step, highest.life.host, { kind: 'hold', ballot: highest, ...held });
  }
};

/** All that an agent holds: a task is in one of the lists, and once. */
export const listHeld = (state: AgentState, nowMs: number) => ({
  runs: listRuns(state)
    .filter(({ cancelled }) => cancelled === undefined)
    .map((run) => describeRun(run, nowMs)),
  queue: state.queue.map(describeHolding),
  transfers: state.stealing.transfers.map(({ holding }) => describeHolding(holding)),
});

const describeRun = (run: Run, nowMs: number): RunItem => {
  const { planId, name, token, again, duplicate } = run;
  return { planId, task: name, token, again, duplicate, leftMs: Math.round(run.endAtMs - nowMs) };
};

/** Tells the coordinator that a task runs, so that it need not wait for the next report. */
export const tellStarted = (step: Step, run: Run): void => {
  const leader = findLeader(step.state, step.now.now);
  if (leader === undefined || isLeader(step.state)) return;
  sendTo(step, leader.host, { kind: 'started', item: describeRun(run, step.now.now) });
};
