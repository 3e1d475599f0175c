import { lifeKey } from '../../../../src/core/ids.ts';
import type { Observer, WorldView } from '../trace.ts';
import { Breach } from '../trace.ts';
import { canLead, findAgreedLeader, listMembers, seeEachOther } from './members.ts';

const sweepMs = 1_000;
/** A host that nobody could reach for long is called again after 45 seconds at most. */
const togetherMs = 60_000;
const agreeMs = 10_000;

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

  const sweep = (view: WorldView): void => {
    const { nowMs } = view;
    const members = listMembers(view);
    if (!canLead(members)) return;
    if (!seeEachOther(members)) {
      togetherSinceMs = undefined;
      if (nowMs > healedMs + togetherMs) throw new Breach('L1', 'the living do not all see each other');
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
    onHeal: () => {
      healedMs = world?.nowMs ?? 0;
    },
    onStep: () => {
      if (world === undefined || !world.isHealed || world.nowMs < nextMs) return;
      nextMs = world.nowMs + sweepMs;
      sweep(world);
    },
  };
};
