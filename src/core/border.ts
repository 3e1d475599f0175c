import { never } from './assert.ts';
import type { Ballot, Token } from './ids.ts';
import { parseToken } from './ids.ts';
import type { Message } from './message.ts';

/** More elections than there will ever be: numbers above it are of a broken host, and the next one must still be a whole one. */
const ballotMax = 2 ** 40;

/**
 * True when an agent can work with a message, whoever sent it: its ballots leave room for higher ones, its tokens are tokens.
 * What it says may still be wrong in any other way; that the rest of the core has to bear.
 */
export const isSound = (message: Message): boolean =>
  isSoundBallot('ballot' in message ? message.ballot : undefined) && listTokens(message).every(isSoundToken);

const isSoundBallot = (ballot: Ballot | undefined): boolean =>
  ballot === undefined || isSoundNumber(ballot.n);

const isSoundToken = ({ token }: { readonly token: Token }): boolean => {
  const parts = parseToken(token);
  return parts !== undefined && isSoundNumber(parts.n);
};

const isSoundNumber = (n: number): boolean => Number.isSafeInteger(n) && n >= 0 && n <= ballotMax;

const listTokens = (message: Message): readonly { readonly token: Token }[] => {
  switch (message.kind) {
    case 'hold':
      return [...message.runs, ...message.queue, ...message.transfers];
    case 'grant':
    case 'returned':
      return message.items;
    case 'entries':
      return message.entries;
    case 'drop':
    case 'cancel':
    case 'retract':
    case 'started':
    case 'give':
    case 'moved':
      return [message.item];
    case 'heartbeat':
    case 'probe':
    case 'probed':
    case 'evicted':
    case 'leave':
    case 'canvass':
    case 'canvassed':
    case 'lead':
    case 'resign':
    case 'steal':
    case 'none':
    case 'taken':
    case 'ask':
    case 'nothave':
    case 'vector':
    case 'plans':
    case 'copy':
      return [];
    default:
      return never(message);
  }
};
