import type { Ballot, Token } from '../../../../src/core/ids.ts';
import { compareBallots, isSameLife, lifeKey } from '../../../../src/core/ids.ts';
import type { Observer, Place } from '../trace.ts';
import { Breach } from '../trace.ts';

/**
 * S3. A ballot is one claim of one life: nobody else ever leads under it, and a life that leads again claims a higher
 * one. S13. No right to run a task is used twice.
 */
export const checkNames = (): Observer => {
  const tokens = new Set<Token>();
  /** By what a ballot looks like to those who compare them. */
  const leaders: { readonly ballot: Ballot; readonly owner: string }[] = [];

  const checkLead = (place: Place, ballot: Ballot): void => {
    if (place.life === undefined) return;
    const owner = lifeKey(place.life);
    const known = leaders.find((each) => compareBallots(each.ballot, ballot) === 0);
    if (known === undefined) leaders.push({ ballot, owner });
    if ((known !== undefined && known.owner !== owner) || !isSameLife(ballot.life, place.life)) {
      const other = known?.owner ?? lifeKey(ballot.life);
      throw new Breach('S3', `${owner} leads under ballot ${ballot.n} of ${other}`);
    }
  };

  return {
    onEffect: (place, effect) => {
      if (effect.kind === 'start') {
        if (tokens.has(effect.token)) throw new Breach('S13', `token ${effect.token} starts a second run`);
        tokens.add(effect.token);
      }
      if (effect.kind === 'send' && effect.message.kind === 'lead') checkLead(place, effect.message.ballot);
    },
  };
};
