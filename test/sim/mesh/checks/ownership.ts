import { isSameLife } from '../../../../src/core/ids.ts';
import { listOwners, viewHeld } from '../../../../src/core/meshView.ts';
import type { HeldItem } from '../../../../src/core/message.ts';
import type { Observer, WorldView } from '../trace.ts';
import { Breach } from '../trace.ts';
import type { Member } from './members.ts';
import { findAgreedLeader, listMembers } from './members.ts';

const sweepMs = 2_000;
/** Two reports of what an agent holds, the time until a silent one counts as dead, and some. */
const restoreMs = 30_000;

/** By `plan task`, where a task is held, as the holders themselves say. */
type Holdings = Map<string, { readonly member: Member; readonly item: HeldItem }[]>;

/**
 * L2. Once all faults are over, whatever is at odds between the coordinator's table of owners and what agents hold is
 * put right within thirty seconds; and so is a task that two of them hold.
 */
export const checkOwnership = (): Observer => {
  let world: WorldView | undefined;
  let nextMs = 0;
  /** What is at odds, and since when. */
  let odds = new Map<string, number>();

  const sweep = (view: WorldView): void => {
    const members = listMembers(view);
    const leader = findAgreedLeader(members);
    const found = leader === undefined ? [] : listOdds(view, leader, members);
    const { nowMs } = view;
    odds = new Map(found.map((what) => [what, odds.get(what) ?? nowMs]));
    for (const [what, sinceMs] of odds) {
      if (nowMs > sinceMs + restoreMs) throw new Breach('L2', `for ${nowMs - sinceMs} ms ${what}`);
    }
  };

  return {
    onStart: (given) => {
      world = given;
    },
    onStep: () => {
      if (world === undefined || !world.isHealed || world.nowMs < nextMs) return;
      nextMs = world.nowMs + sweepMs;
      sweep(world);
    },
  };
};

const listOdds = (world: WorldView, leader: Member, members: readonly Member[]): readonly string[] => {
  const holdings = collectHoldings(members);
  const odds = [...holdings].flatMap(([key, holders]) => {
    const names = holders.filter(({ item }) => !item.duplicate).map(({ member }) => member.place.name);
    return names.length > 1 ? [`${key} is held by ${names.join(' and ')}`] : [];
  });
  const owned = new Set<string>();
  for (const planId of world.plans.keys()) {
    for (const { task, life } of listOwners(leader.state, planId)) {
      const key = `${planId} ${task}`;
      const holders = holdings.get(key) ?? [];
      owned.add(key);
      if (!holders.some(({ member }) => isSameLife(member.life, life))) {
        odds.push(`${key} is said to be with ${life.host}, which does not hold it`);
      }
    }
  }
  for (const [key, [holder]] of holdings) {
    if (!owned.has(key) && holder !== undefined) {
      odds.push(`${key} is held by ${holder.member.place.name}, of which the coordinator knows nothing`);
    }
  }
  return odds;
};

const collectHoldings = (members: readonly Member[]): Holdings => {
  const holdings: Holdings = new Map();
  for (const member of members) {
    const { runs, queue, transfers } = viewHeld(member.state);
    for (const item of [...runs, ...queue, ...transfers]) {
      const key = `${item.planId} ${item.task}`;
      const holders = holdings.get(key) ?? [];
      holdings.set(key, holders);
      holders.push({ member, item });
    }
  }
  return holdings;
};
