import type { Effect } from '../../../src/core/effect.ts';
import type { Token } from '../../../src/core/ids.ts';
import { parseToken } from '../../../src/core/ids.ts';
import { viewHeld } from '../../../src/core/meshView.ts';
import type { Message } from '../../../src/core/message.ts';
import type { Running } from './running.ts';
import type { Observer, Place } from './trace.ts';

/** What a run cost, in counts that add up over runs. */
export interface Economy {
  /** Tasks that have an end. */
  readonly tasks: number;
  readonly runs: number;
  /** Runs because a file was lost. */
  readonly rebuilds: number;
  /** Tasks built once more for nothing. */
  readonly duplicates: number;
  /** Runs that were ended before their end, and those that died with their agent. */
  readonly cancelled: number;
  readonly lost: number;
  readonly troubled: number;
  readonly leaderships: number;
  /** Agents that asked for work, and tasks that were given. */
  readonly asks: number;
  readonly gifts: number;
  /** Gifts that whoever asked never started. */
  readonly idleGifts: number;
  readonly fetches: number;
  readonly failedFetches: number;
  readonly messages: number;
  /** Of them, those about who lives and who leads; about who runs what; about what has ended. */
  readonly canvasses: number;
  readonly dispatches: number;
}

type Counts = { -readonly [Key in keyof Economy]: Economy[Key] };

export const noEconomy: Economy = {
  ...{ tasks: 0, runs: 0, rebuilds: 0, duplicates: 0, cancelled: 0, lost: 0, troubled: 0 },
  ...{ leaderships: 0, asks: 0, gifts: 0, idleGifts: 0, fetches: 0, failedFetches: 0 },
  ...{ messages: 0, canvasses: 0, dispatches: 0 },
};

export const addEconomies = (a: Economy, b: Economy): Economy => {
  const sum: Counts = { ...a };
  for (const key of Object.keys(sum) as (keyof Economy)[]) sum[key] += b[key];
  return sum;
};

/** Counts what a run costs as it goes. */
export const measureEconomy = (
  running: Running,
): { readonly observer: Observer; readonly read: () => Economy } => {
  const counts: Counts = { ...noEconomy };
  const ended = new Set<string>();
  const built = new Set<string>();
  const again = new Set<Token>();
  /** Rights that were given away and not started since, by all but their last part. */
  const given = new Map<string, Place>();

  const countStart = (place: Place, { token }: Extract<Effect, { readonly kind: 'start' }>): void => {
    counts.runs += 1;
    given.delete(rightOf(token));
    const run = place.state && viewHeld(place.state).runs.find((each) => each.token === token);
    if (run?.again !== true) return;
    counts.rebuilds += 1;
    again.add(token);
  };

  const countEnds = ({ entries }: Extract<Effect, { readonly kind: 'persist' }>): void => {
    for (const { planId, task, token, outcome } of entries) {
      if (outcome.kind === 'retried') continue;
      if (outcome.kind === 'troubled') {
        counts.troubled += 1;
        continue;
      }
      const key = `${planId} ${task}`;
      ended.add(key);
      if (outcome.kind !== 'built') continue;
      if (built.has(key) && !again.has(token)) counts.duplicates += 1;
      built.add(key);
    }
  };

  const countMessage = (place: Place, message: Message): void => {
    counts.messages += 1;
    if (canvassKinds.has(message.kind)) counts.canvasses += 1;
    if (dispatchKinds.has(message.kind)) counts.dispatches += 1;
    if (message.kind === 'steal') counts.asks += 1;
    if (message.kind !== 'give') return;
    counts.gifts += 1;
    given.set(rightOf(message.item.token), place);
  };

  const observer: Observer = {
    onStep: (_, event) => {
      if (event.kind === 'fileNotFetched') counts.failedFetches += 1;
    },
    onEffect: (place, effect) => {
      if (effect.kind === 'start') countStart(place, effect);
      if (effect.kind === 'persist') countEnds(effect);
      if (effect.kind === 'send') countMessage(place, effect.message);
      if (effect.kind === 'cancel') counts.cancelled += 1;
      if (effect.kind === 'fetchFile') counts.fetches += 1;
      if (effect.kind !== 'note' || effect.note.kind !== 'leader') return;
      if (effect.note.isMe) counts.leaderships += 1;
    },
    onDown: (place) => {
      counts.lost += running.list(place).length;
    },
  };
  return { observer, read: () => ({ ...counts, tasks: ended.size, idleGifts: given.size }) };
};

const rightOf = (token: Token): string => {
  const { n, host, incarnation, sequence } = parseToken(token) ?? {};
  return `${n}.${incarnation}.${sequence}@${host}`;
};

const canvassKinds: ReadonlySet<Message['kind']> = new Set(['canvass', 'canvassed', 'lead', 'resign']);

const dispatchKinds: ReadonlySet<Message['kind']> = new Set([
  ...(['grant', 'drop', 'cancel', 'retract', 'started', 'returned', 'hold'] as const),
  ...(['steal', 'give', 'none', 'taken', 'ask', 'nothave', 'moved'] as const),
]);
