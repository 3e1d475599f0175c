import type { Effect } from '../../../../src/core/effect.ts';
import type { SlotName, Token } from '../../../../src/core/ids.ts';
import { parseToken } from '../../../../src/core/ids.ts';
import type { Event, RunResult } from '../../../../src/core/input.ts';
import type { Observer, Place } from '../trace.ts';
import type { Book } from './book.ts';
import type { Chore, RunBar, RunEnd } from './recording.ts';

type Open<Item> = { -readonly [Key in keyof Item]: Item[Key] };

/** What the slots of all hosts do, from effects and the events that answer them. */
export function recordRuns(book: Book): {
  readonly observer: Observer;
  /** By host: the slots of its first life, and those that came later. */
  readonly lanes: ReadonlyMap<number, readonly string[]>;
  readonly read: () => { readonly runs: readonly RunBar[]; readonly chores: readonly Chore[] };
} {
  const runs: Open<RunBar>[] = [];
  const chores: Open<Chore>[] = [];
  const openRuns = new Map<string, Open<RunBar>>();
  const openChores = new Map<string, Open<Chore>>();
  const cancelled = new Map<Token, string>();
  const lanes = new Map<number, string[]>();
  /** Lanes of slots that took the place of others, in the present life of a host. */
  const replaced = new Map<string, number>();

  const laneOf = (host: number, slot: SlotName): number => {
    const moved = replaced.get(`${host} ${slot}`);
    if (moved !== undefined) return moved;
    const names = lanes.get(host) ?? [];
    lanes.set(host, names);
    const known = names.indexOf(slot);
    return known >= 0 ? known : names.push(slot) - 1;
  };
  const begin = (place: Place, effect: Extract<Effect, { readonly kind: 'start' }>): void => {
    const host = book.hostOf(place);
    const run: Open<RunBar> = {
      ...{ host, lane: laneOf(host, effect.slot), task: book.taskOf(effect.planId, effect.task) },
      ...{ token: effect.token, ...explainToken(effect.token), jobs: effect.jobs },
      ...{ fromMs: book.now(), toMs: book.now() },
      ...{ end: 'running', detail: '' },
    };
    runs.push(run);
    openRuns.set(`${host} ${effect.slot}`, run);
  };
  const end = (key: string, how: RunEnd, detail: string): void => {
    const run = openRuns.get(key);
    if (run === undefined) return;
    openRuns.delete(key);
    Object.assign(run, { toMs: book.now(), end: how, detail });
  };
  const beginChore = (place: Place, slot: SlotName, kind: Chore['kind']): void => {
    const host = book.hostOf(place);
    const chore = { host, lane: laneOf(host, slot), kind, fromMs: book.now(), toMs: Number.NaN };
    chores.push(chore);
    openChores.set(`${host} ${slot}`, chore);
  };
  const endChore = (key: string): void => {
    const chore = openChores.get(key);
    if (chore !== undefined) chore.toMs = book.now();
    openChores.delete(key);
  };
  const hear = (place: Place, event: Event): void => {
    const host = book.hostOf(place);
    if (event.kind === 'booted') {
      for (const key of [...replaced.keys()]) if (key.startsWith(`${host} `)) replaced.delete(key);
      for (const slot of event.slots) laneOf(host, slot);
    }
    if (event.kind === 'runEnded') {
      const reason = cancelled.get(event.token);
      const [how, detail] = describeResult(event.result);
      end(
        `${host} ${event.slot}`,
        reason === undefined || how === 'built' ? how : 'cancelled',
        reason ?? detail,
      );
    }
    if (choreEnds.has(event.kind) && 'slot' in event) endChore(`${host} ${event.slot}`);
  };
  const observer: Observer = {
    onStep: hear,
    onEffect: (place, effect) => {
      if (effect.kind === 'start') begin(place, effect);
      if (effect.kind === 'cancel') cancelled.set(effect.token, effect.reason);
      if (effect.kind === 'prepare' || effect.kind === 'clean') beginChore(place, effect.slot, effect.kind);
      if (effect.kind !== 'retire') return;
      const host = book.hostOf(place);
      replaced.set(`${host} ${effect.replacement}`, laneOf(host, effect.slot));
    },
    onDown: (place) => {
      const mine = `${book.hostOf(place)} `;
      for (const key of [...openRuns.keys()]) if (key.startsWith(mine)) end(key, 'lost', '');
      for (const key of [...openChores.keys()]) if (key.startsWith(mine)) endChore(key);
    },
  };
  const read = (): { readonly runs: readonly RunBar[]; readonly chores: readonly Chore[] } => ({
    runs: runs.map((run) => (run.end === 'running' ? { ...run, toMs: book.now() } : run)),
    chores: chores.map((chore) => (Number.isNaN(chore.toMs) ? { ...chore, toMs: book.now() } : chore)),
  });
  return { observer, lanes, read };
}

const choreEnds: ReadonlySet<Event['kind']> = new Set([
  ...(['slotPrepared', 'slotNotPrepared', 'slotCleaned', 'slotNotCleaned'] as const),
]);

const describeResult = (result: RunResult): readonly [RunEnd, string] => {
  if (result.kind === 'trouble') return ['troubled', `${result.trouble}: ${result.detail}`];
  const { outcome } = result;
  return outcome.kind === 'built'
    ? ['built', '']
    : ['failed', `${outcome.class}, in ${outcome.stage}: ${outcome.reason}`];
};

const explainToken = (token: Token): Pick<RunBar, 'origin' | 'hops'> => {
  const { n, host, incarnation, sequence, hop } = parseToken(token) ?? {};
  return { origin: `grant ${sequence} of ${host} (life ${incarnation}) under ballot ${n}`, hops: hop ?? 0 };
};
