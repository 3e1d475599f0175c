import type { Peer } from '../membership/peers.ts';
import { isReachable } from '../membership/peers.ts';
import type { AgentState, PlanState } from '../state.ts';

/** Built tasks of one plan by the number of live hosts that have their files, as sets of bits. */
export interface Holdings {
  /** Nobody that can be asked has it. */
  readonly absent: Uint32Array;
  /** Fewer than the hosts that should. */
  readonly scarce: Uint32Array;
}

/**
 * Counts the live holders of all files of a plan at once, a word of bits at a time: thirty thousand files on a hundred hosts in
 * a fraction of a millisecond. A host whose connection is lost may be back soon: it counts for the copies until it is dead, but
 * nobody can fetch from it. One that is about to leave is the other way round.
 */
export const surveyHoldings = (state: AgentState, { files }: PlanState, copies: number): Holdings => {
  const size = files.built.words.length;
  const some = new Uint32Array(size);
  /** In `planes[n]`: more than `n` hosts have it. */
  const planes = Array.from({ length: copies }, () => new Uint32Array(size));
  mergeBits(some, files.mine.words);
  countBits(planes, files.mine.words);
  for (const [host, { has }] of files.claims) {
    const peer = state.membership.peers.get(host);
    if (peer === undefined) continue;
    if (isReachable(state, host)) mergeBits(some, has.words);
    if (isStaying(peer)) countBits(planes, has.words);
  }
  const enough = planes.at(-1) ?? some;
  return { absent: findOthers(files.built.words, some), scarce: findOthers(files.built.words, enough) };
};

/** True of a host that lives, as far as is known, and is not about to leave. */
export const isStaying = ({ status, isLeaving }: Peer): boolean =>
  !isLeaving && (status === 'alive' || status === 'suspect');

/** Who can be asked and who counts, as one text that changes whenever that does. */
export const nameLive = (state: AgentState): string => {
  const names: string[] = [];
  for (const [host, peer] of state.membership.peers) {
    const marks = `${isReachable(state, host) ? '+' : ''}${isStaying(peer) ? '*' : ''}`;
    if (marks !== '') names.push(`${host}${marks}`);
  }
  return names.join(' ');
};

export const isEmpty = (words: Uint32Array): boolean => words.every((word) => word === 0);

const mergeBits = (into: Uint32Array, words: Uint32Array): void => {
  const size = Math.min(into.length, words.length);
  for (let place = 0; place < size; place++) into[place] = (into[place] ?? 0) | (words[place] ?? 0);
};

/** Adds one to the count of each bit that is set. */
const countBits = (planes: readonly Uint32Array[], words: Uint32Array): void => {
  const size = Math.min(planes[0]?.length ?? 0, words.length);
  for (let place = 0; place < size; place++) {
    let carry = words[place] ?? 0;
    for (const plane of planes) {
      if (carry === 0) break;
      const before = plane[place] ?? 0;
      plane[place] = before | carry;
      carry &= before;
    }
  }
};

const findOthers = (words: Uint32Array, known: Uint32Array): Uint32Array =>
  words.map((word, place) => word & ~(known[place] ?? 0));
