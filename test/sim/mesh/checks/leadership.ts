import { lifeKey } from '../../../../src/core/ids.ts';
import { viewPeers } from '../../../../src/core/meshView.ts';
import type { Observer, WorldView } from '../trace.ts';
import { Breach } from '../trace.ts';
import type { Member } from './members.ts';
import { canLead, findAgreedLeader, listMembers, seeEachOther } from './members.ts';

const sweepMs = 1_000;
/** A host that nobody could reach for long is called again after 45 seconds at most. */
const togetherMs = 60_000;
const agreeMs = 10_000;

/** Who does not see whom alive. */
const describeViews = (members: readonly Member[]): string =>
  members
    .map(({ place, state }) => {
      const peers = viewPeers(state).map(({ life, status }) => `${lifeKey(life)} ${status}`);
      return `${place.name} sees ${peers.join(', ') || 'nobody'}`;
    })
    .join('; ');

/**
 * L1. Once all faults are over, all that live see each other within a minute; and ten seconds after that one of them leads,
 * and all know it. L6. Then it stays so.
 */
export const checkLeadership = (): Observer => {
  let world: WorldView | undefined;
  let healedMs = 0;
  let nextMs = 0;
  let togetherSinceMs: number | undefined;
  let leader: string | undefined;

  const begin = (): void => {
    healedMs = world?.nowMs ?? 0;
    togetherSinceMs = undefined;
  };

  const sweep = (view: WorldView): void => {
    const { nowMs } = view;
    const members = listMembers(view);
    if (!canLead(members)) return;
    if (!seeEachOther(members)) {
      togetherSinceMs = undefined;
      if (nowMs > healedMs + togetherMs) throw new Breach('L1', describeViews(members));
      return;
    }
    togetherSinceMs ??= nowMs;
    const agreed = findAgreedLeader(members);
    if (agreed === undefined) {
      if (nowMs > togetherSinceMs + agreeMs) throw new Breach('L1', 'there is no leader whom all follow');
      return;
    }
    const key = lifeKey(agreed.life);
    const isReplaced = leader !== undefined && members.some(({ life }) => lifeKey(life) === leader);
    if (isReplaced && leader !== key && nowMs > togetherSinceMs + agreeMs) {
      throw new Breach('L6', `${key} leads in place of ${leader}, for no reason`);
    }
    leader = key;
  };

  return {
    onStart: (given) => {
      world = given;
    },
    onHeal: begin,
    // An agent may still be dying of a fault that is over.
    onUp: begin,
    onDown: begin,
    onStep: () => {
      if (world === undefined || !world.isHealed || world.nowMs < nextMs) return;
      nextMs = world.nowMs + sweepMs;
      sweep(world);
    },
  };
};
