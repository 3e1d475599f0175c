import type { AgentState } from '../../../../src/core/agent.ts';
import type { Life } from '../../../../src/core/ids.ts';
import { isSameLife } from '../../../../src/core/ids.ts';
import { viewMesh, viewPeers } from '../../../../src/core/meshView.ts';
import type { Place, WorldView } from '../trace.ts';

/** A place whose agent lives, works and belongs to the mesh. */
export interface Member {
  readonly place: Place;
  readonly life: Life;
  readonly state: AgentState;
}

/** Those who can be expected to do their part now; some may be about to leave. */
export const listMembers = (world: WorldView): readonly Member[] =>
  world.places.flatMap((place) => {
    const { life, state } = place;
    const takesPart = place.isUp && !place.isPaused && !place.isForeign && !place.isClone;
    return takesPart && life !== undefined && state !== undefined ? [{ place, life, state }] : [];
  });

/** Whether each of them that stays sees each other one alive. */
export const seeEachOther = (members: readonly Member[]): boolean => {
  const staying = members.filter(({ place }) => !place.isLeaving);
  return staying.every(({ state, life }) => {
    const peers = viewPeers(state);
    return staying.every(
      (other) =>
        other.life === life ||
        peers.some((peer) => peer.status === 'alive' && isSameLife(peer.life, other.life)),
    );
  });
};

/** The one who leads, grants, and is followed by all; undefined: there is none. */
export const findAgreedLeader = (members: readonly Member[]): Member | undefined => {
  const leaders = members.filter(({ state }) => viewMesh(state).role === 'leading');
  const [leader] = leaders;
  if (leader === undefined || leaders.length > 1 || !viewMesh(leader.state).isOpen) return undefined;
  const isFollowed = members.every(({ state }) => {
    const followed = viewMesh(state).leader;
    return followed !== undefined && isSameLife(followed, leader.life);
  });
  return isFollowed ? leader : undefined;
};

/** Whether any of them may lead. */
export const canLead = (members: readonly Member[]): boolean =>
  members.some(({ place }) => !place.isLeaving && place.spec.eligibility !== 'never');
