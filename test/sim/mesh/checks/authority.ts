import type { Effect } from '../../../../src/core/effect.ts';
import type { Ballot, Token } from '../../../../src/core/ids.ts';
import { compareBallots, isSameLife } from '../../../../src/core/ids.ts';
import type { Event } from '../../../../src/core/input.ts';
import { viewHeld, viewMesh } from '../../../../src/core/meshView.ts';
import type { Message } from '../../../../src/core/message.ts';
import type { Observer, Place } from '../trace.ts';
import { Breach } from '../trace.ts';

/**
 * S7. An agent never acts on a lower ballot than the highest it has seen: it takes no command of one, forgets none, and
 * leads under none.
 */
export const checkAuthority = (): Observer => {
  /** The highest ballot that each process has seen, by what reached it. */
  const highest = new Map<Place, Ballot>();

  const demandUpToDate = (place: Place): void => {
    const seen = highest.get(place);
    if (seen === undefined || place.state === undefined) return;
    const { ballot, role } = viewMesh(place.state);
    if (ballot === undefined || compareBallots(ballot, seen) < 0) {
      throw new Breach('S7', `ballot ${seen.n} of ${seen.life.host} is forgotten for ${ballot?.n ?? 'none'}`);
    }
    if (role === 'leading' && place.life !== undefined && !isSameLife(ballot.life, place.life)) {
      throw new Breach('S7', `leads though it has seen ballot ${ballot.n} of ${ballot.life.host}`);
    }
  };

  return {
    onUp: (place) => {
      highest.delete(place);
    },
    onStep: (place, event, effects) => {
      if (event.kind !== 'message') return;
      const { message } = event;
      const ballot = 'ballot' in message ? message.ballot : undefined;
      if (ballot === undefined) return;
      const before = highest.get(place);
      const isLower = before !== undefined && compareBallots(ballot, before) < 0;
      if (isLower) demandRefused(place, message, effects);
      else if (before === undefined || compareBallots(ballot, before) > 0) {
        highest.set(place, ballot);
        demandUpToDate(place);
      }
    },
  };
};

/** What came under a lower ballot has had no effect. */
const demandRefused = (place: Place, message: Message, effects: readonly Effect[]): void => {
  switch (message.kind) {
    case 'grant':
      for (const { task, token } of message.items) {
        if (holdsToken(place, token))
          throw new Breach('S7', `${task} is taken from a coordinator of the past`);
      }
      break;
    case 'drop':
    case 'retract':
    case 'cancel': {
      const { task, token } = message.item;
      const ends = effects.some((effect) => effect.kind === 'cancel' && effect.token === token);
      if (ends) throw new Breach('S7', `${task} is ended for a coordinator of the past`);
      const returns = effects.some((effect) => returnsToken(effect, token));
      if (returns) throw new Breach('S7', `${task} is given back to a coordinator of the past`);
      break;
    }
    case 'copy':
      if (effects.some((effect) => effect.kind === 'fetchFile' && effect.task === message.task)) {
        throw new Breach('S7', `${message.task} is copied for a coordinator of the past`);
      }
      break;
    default:
  }
};

const returnsToken = (effect: Effect, token: Token): boolean =>
  effect.kind === 'send' &&
  effect.message.kind === 'returned' &&
  effect.message.items.some((item) => item.token === token);

const holdsToken = ({ state }: Place, token: Token): boolean => {
  if (state === undefined) return false;
  const { queue, runs } = viewHeld(state);
  return queue.some((item) => item.token === token) || runs.some((item) => item.token === token);
};

/** An event after which an agent may hold other tasks than before. */
export const changesHoldings = (event: Event, effects: readonly Effect[]): boolean => {
  if (event.kind === 'message') return dispatchKinds.has(event.message.kind);
  if (event.kind === 'runEnded' || event.kind === 'booted' || event.kind === 'planAdded') return true;
  return effects.some(
    (effect) => effect.kind === 'start' || (effect.kind === 'send' && dispatchKinds.has(effect.message.kind)),
  );
};

const dispatchKinds: ReadonlySet<Message['kind']> = new Set([
  'grant',
  'drop',
  'cancel',
  'retract',
  'steal',
  'give',
  'none',
  'taken',
  'ask',
  'nothave',
]);
