import { isLeader } from '../election/role.ts';
import { evictionPauseMs } from '../failure/judge.ts';
import { noteStarved } from '../files/starved.ts';
import type { Life } from '../ids.ts';
import { isSameLife } from '../ids.ts';
import { findPeer } from '../membership/peers.ts';
import type { Message, ReturnReason } from '../message.ts';
import { findItem } from '../queue/queue.ts';
import type { PlanState, Step } from '../state.ts';
import { clearOwner } from './owners.ts';

type Returned = Pick<Extract<Message, { readonly kind: 'returned' }>, 'items' | 'reason'>;

/** An agent gives tasks back: they are granted again. One whose run was ended to save a disk waits for a while. */
export const hearReturned = (step: Step, life: Life, { items, reason }: Returned): void => {
  const { state } = step;
  if (!isLeader(state)) return;
  const peer = findPeer(state, life.host);
  // Until it says more: what it cannot run now it could not run if it were given it again at once.
  if (reason === 'unable' && peer?.load !== undefined) peer.load = { ...peer.load, usable: 0 };
  for (const item of items) {
    const found = findItem(state, item);
    if (found === undefined) continue;
    const { plan, task } = found;
    if (item.duplicate) {
      plan.owners.duplicates.delete(task);
      continue;
    }
    const owner = plan.owners.byTask.get(task);
    if (owner === undefined || !isSameLife(owner.life, life) || owner.token !== item.token) continue;
    clearOwner(plan, task, findPause(step, plan, task, reason));
    if (reason === 'files') noteStarved(state, plan, task, life.host);
  }
};

/** Until when a task that came back waits; undefined: not at all. */
const findPause = (step: Step, plan: PlanState, task: number, reason: ReturnReason): number | undefined => {
  const { state, now } = step;
  switch (reason) {
    case 'evicted':
      return now.now + countEviction(step, plan.evictions, task);
    // Where no host gets at a file, the task would go round and round.
    case 'files':
      return now.now + state.limits.mesh.suspectMs;
    case 'retracted':
    case 'unable':
    case 'stopped':
      return undefined;
  }
};

const countEviction = ({ state }: Step, evictions: Map<number, number>, task: number): number => {
  const count = (evictions.get(task) ?? 0) + 1;
  evictions.set(task, count);
  return evictionPauseMs(count, state.limits);
};
