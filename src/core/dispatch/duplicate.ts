import { itemAt } from '../assert.ts';
import { findOwnBallot, isOpen } from '../election/role.ts';
import { peekReady } from '../graph/progress.ts';
import { listReachable } from '../membership/peers.ts';
import { sendTo } from '../membership/send.ts';
import { nameOf } from '../queue/queue.ts';
import type { AgentState, PlanState, Step } from '../state.ts';
import { listActivePlans } from '../state.ts';
import { mintToken, suits } from './grant.ts';
import { listIdle, type Owner } from './owners.ts';
import { findCommonSpeed, speedOf } from './speed.ts';

/**
 * Starts a second run, on an idle host, of what is slow elsewhere: the first one that ends counts, the other is cancelled.
 * Off unless `duplicateShare` says otherwise: it pays only where hosts are unequal in ways that nobody knows beforehand.
 */
export const duplicateSlow = (step: Step): void => {
  const { state } = step;
  const ballot = findOwnBallot(state);
  const { duplicateShare } = state.limits.mesh;
  if (duplicateShare === 0 || ballot === undefined || !isOpen(state)) return;
  for (const plan of listActivePlans(state)) {
    if (peekReady(plan.progress) !== undefined || plan.owners.duplicates.size >= countMost(state)) continue;
    const slow = findSlowest(step, plan);
    if (slow === undefined) continue;
    const { task, host } = slow;
    const token = mintToken(state);
    const owner = { life: host, token, isRunning: false, endAtMs: undefined, again: false };
    plan.owners.duplicates.set(task, { ...owner, sinceMs: step.now.now, unnamed: 0, isRetracted: false });
    const item = { planId: plan.planId, task: nameOf(plan, task), token, again: false, duplicate: true };
    sendTo(step, host.host, {
      kind: 'grant',
      ballot,
      items: [{ ...item, cores: state.limits.usualJobs, rivals: 0 }],
    });
  }
};

const countMost = (state: AgentState): number => {
  const slots = listReachable(state).reduce((sum, { load }) => sum + (load?.usable ?? 0), state.runs);
  return Math.max(1, Math.floor(slots * state.limits.mesh.duplicateShare));
};

/** The run that a fresh one on an idle host would overtake by most. */
const findSlowest = (step: Step, plan: PlanState) => {
  const { state, now } = step;
  const idle = listIdle(state).filter(({ peer }) => suits(state, peer.hello.life.host, plan));
  const common = findCommonSpeed(state);
  let best: { readonly task: number; readonly host: Owner['life']; readonly gainMs: number } | undefined;
  for (const [task, owner] of plan.owners.byTask) {
    if (!owner.isRunning || owner.endAtMs === undefined || plan.owners.duplicates.has(task)) continue;
    // What is overdue is expected to take as long again as it has taken.
    const leftMs = owner.endAtMs > now.now ? owner.endAtMs - now.now : now.now - owner.sinceMs;
    const { estimateMs } = itemAt(plan.progress.table.tasks, task);
    for (const { peer } of idle) {
      const { life } = peer.hello;
      if (life.host === owner.life.host) continue;
      const freshMs = estimateMs / speedOf(state, life.host, common);
      const gainMs = leftMs - freshMs * state.limits.mesh.duplicateGain;
      if (gainMs > 0 && (best === undefined || gainMs > best.gainMs)) best = { task, host: life, gainMs };
    }
  }
  return best;
};
