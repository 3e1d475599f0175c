import { obeys } from '../election/ballots.ts';
import { openWhenCollected } from '../election/lead.ts';
import { findOwnBallot, isLeader } from '../election/role.ts';
import type { Life } from '../ids.ts';
import { compareTokens, isSameLife } from '../ids.ts';
import type { Peer } from '../membership/peers.ts';
import { sendTo } from '../membership/send.ts';
import type { HeldItem, Message, RunItem } from '../message.ts';
import { cancelHeld, dropHeld } from '../queue/commands.ts';
import { findItem, isSettled } from '../queue/queue.ts';
import type { PlanState, Step } from '../state.ts';
import { lifeOf } from '../state.ts';
import { clearOwner, type Owner, setOwner } from './owners.ts';

type Hold = Extract<Message, { readonly kind: 'hold' }>;
export type Held = Pick<Hold, 'runs' | 'queue' | 'transfers'>;

export const hearHold = (step: Step, peer: Peer, message: Hold): void => {
  if (!obeys(step, peer, message.ballot) || !isLeader(step.state)) return;
  reconcile(step, peer.hello.life, message);
  const { role } = step.state.election;
  if (role.kind === 'leading') role.collect?.missing.delete(peer.hello.life.host);
  openWhenCollected(step);
};

/**
 * Compares what an agent holds with the table, and makes both agree: what nobody is booked for is booked to who holds it; of
 * two holders one keeps it; what a holder does not name any more is given to others. This is what mends every race.
 */
export const reconcile = (step: Step, life: Life, { runs, queue, transfers }: Held): void => {
  const named = new Set<string>();
  const hear = (item: HeldItem, leftMs: number | undefined): void => {
    named.add(`${item.planId} ${item.task}`);
    const found = findItem(step.state, item);
    if (found !== undefined) settle(step, life, { ...found, item, leftMs });
  };
  for (const run of runs) hear(run, run.leftMs);
  for (const item of [...queue, ...transfers]) hear(item, undefined);
  freeUnnamed(step, life, named);
};

export const hearStarted = (step: Step, peer: Peer, { item }: { readonly item: RunItem }): void => {
  const found = findItem(step.state, item);
  if (found === undefined || !isLeader(step.state)) return;
  settle(step, peer.hello.life, { ...found, item, leftMs: item.leftMs });
};

/** A task has changed hands without the coordinator: it is booked to whoever has the later right to it. */
export const hearMoved = (step: Step, peer: Peer, { item }: Extract<Message, { kind: 'moved' }>): void => {
  const found = findItem(step.state, item);
  if (found === undefined || !isLeader(step.state)) return;
  settle(step, peer.hello.life, { ...found, item, leftMs: undefined });
};

interface Claim {
  readonly plan: PlanState;
  readonly task: number;
  readonly item: HeldItem;
  /** Undefined: it does not run. */
  readonly leftMs: number | undefined;
}

const settle = (step: Step, life: Life, claim: Claim): void => {
  const { state, now } = step;
  const { plan, task, item, leftMs } = claim;
  if (isSettled(plan, task, item.again)) {
    if (state.rules.cancelKnown) order(step, life, leftMs === undefined ? 'drop' : 'cancel', item);
    return;
  }
  const table = item.duplicate ? plan.owners.duplicates : plan.owners.byTask;
  const owner = table.get(task);
  const endAtMs = leftMs === undefined ? undefined : now.now + leftMs;
  const mine = { life, token: item.token, isRunning: leftMs !== undefined, endAtMs, again: item.again };
  if (owner !== undefined && !isSameLife(owner.life, life)) {
    if (!state.rules.resolveConflicts) return;
    if (!winsOver(mine, owner)) {
      order(step, life, leftMs === undefined ? 'drop' : 'cancel', item);
      return;
    }
    const loser = { ...item, token: owner.token, again: owner.again };
    order(step, owner.life, owner.isRunning ? 'cancel' : 'drop', loser);
  }
  if (item.duplicate) table.set(task, { ...mine, sinceMs: now.now, unnamed: 0, isRetracted: false });
  else if (
    owner !== undefined &&
    isSameLife(owner.life, life) &&
    owner.isRunning === mine.isRunning &&
    owner.token === item.token
  ) {
    owner.unnamed = 0;
  } else setOwner(step, plan, task, mine);
};

/** Running beats queued; of two that run the one that ends first; of two that wait the one that was given last. */
const winsOver = (a: Pick<Owner, 'isRunning' | 'endAtMs' | 'token'>, b: Owner): boolean => {
  if (a.isRunning !== b.isRunning) return a.isRunning;
  if (a.isRunning) return (a.endAtMs ?? 0) < (b.endAtMs ?? 0);
  return compareTokens(a.token, b.token) > 0;
};

const order = (step: Step, { host }: Life, kind: 'drop' | 'cancel', item: HeldItem): void => {
  const ballot = findOwnBallot(step.state);
  if (ballot === undefined) return;
  if (host !== lifeOf(step.state).host) sendTo(step, host, { kind, ballot, item: plainItem(item) });
  else if (kind === 'drop') dropHeld(step.state, item);
  else cancelHeld(step, item);
};

const plainItem = ({ planId, task, token, again, duplicate }: HeldItem): HeldItem => ({
  ...{ planId, task, token, again, duplicate },
});

/** What an owner leaves out twice in a row is not there any more: its end was lost, or the grant never came. */
const freeUnnamed = ({ state, now }: Step, life: Life, named: ReadonlySet<string>): void => {
  if (!state.rules.freeUnnamed) return;
  for (const plan of state.plans) {
    for (const [task, owner] of plan.owners.byTask) {
      if (!isSameLife(owner.life, life)) continue;
      const name = `${plan.planId} ${plan.progress.table.tasks[task]?.name}`;
      if (named.has(name)) owner.unnamed = 0;
      else owner.unnamed += 1;
      const isOld = now.now - owner.sinceMs >= state.limits.mesh.unnamedMs;
      if (owner.unnamed >= 2 && isOld) clearOwner(plan, task);
    }
    for (const [task, owner] of plan.owners.duplicates) {
      const name = `${plan.planId} ${plan.progress.table.tasks[task]?.name}`;
      if (isSameLife(owner.life, life) && !named.has(name)) plan.owners.duplicates.delete(task);
    }
  }
};
