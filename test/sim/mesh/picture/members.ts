import type { Effect, Note } from '../../../../src/core/effect.ts';
import { isSameLife } from '../../../../src/core/ids.ts';
import type { Event } from '../../../../src/core/input.ts';
import { viewHeld, viewMesh } from '../../../../src/core/meshView.ts';
import type { DownKind, Observer, Place } from '../trace.ts';
import type { Book } from './book.ts';
import type { FollowSpan, HostRow, LifeSpan } from './recording.ts';

type Open<Item> = { -readonly [Key in keyof Item]: Item[Key] };

interface Members {
  readonly lives: readonly LifeSpan[];
  readonly follows: readonly FollowSpan[];
  /** By host. */
  readonly queues: ReadonlyMap<number, HostRow['queue']>;
}

/** Who lives, who follows whom, what waits where, and what agents say for people. */
export function recordMembers(book: Book): { readonly observer: Observer; readonly read: () => Members } {
  const lives: Open<LifeSpan>[] = [];
  const follows: Open<FollowSpan>[] = [];
  const openLives = new Map<number, Open<LifeSpan>>();
  const openFollows = new Map<number, Open<FollowSpan>>();
  const queues = new Map<number, { atMs: number; depth: number }[]>();
  const plans = new Set<string>();
  /** Who takes whom for silent or gone. */
  const doubted = new Set<string>();

  const close = <Span extends { toMs: number }>(open: Map<number, Span>, host: number): void => {
    const span = open.get(host);
    if (span !== undefined) span.toMs = book.now();
    open.delete(host);
  };
  const lookAtLeader = (place: Place, host: number): void => {
    if (place.state === undefined) return;
    const { leader: life, ballot } = viewMesh(place.state);
    const leader = life && book.hostOfLife(life);
    const n =
      ballot !== undefined && life !== undefined && isSameLife(ballot.life, life) ? ballot.n : undefined;
    const span = openFollows.get(host);
    if (span?.leader === leader && span?.ballot === n) return;
    close(openFollows, host);
    if (leader === undefined) return;
    const next = { host, leader, fromMs: book.now(), toMs: Number.NaN, ballot: n };
    follows.push(next);
    openFollows.set(host, next);
    if (leader === host) book.note('leader', host, `leads${n === undefined ? '' : `, ballot ${n}`}`);
  };
  const setDepth = (host: number, depth: number): void => {
    const queue = queues.get(host) ?? [];
    queues.set(host, queue);
    if ((queue.at(-1)?.depth ?? 0) !== depth) queue.push({ atMs: book.now(), depth });
  };
  const lookAtPeer = (by: number, { host, status }: Extract<Note, { readonly kind: 'peer' }>): void => {
    const pair = `${by} ${host}`;
    // That it is heard is news of one who was silent.
    if (status === 'alive' && !doubted.delete(pair)) return;
    if (status !== 'alive') doubted.add(pair);
    book.noteTogether('member', book.hostOfId(host), statusWords[status], by);
  };
  const observer: Observer = {
    onUp: (place) => {
      const host = book.hostOf(place);
      const { life } = place;
      if (life === undefined) return;
      book.bindLife(life, host);
      const span = {
        host,
        incarnation: life.incarnation,
        fromMs: book.now(),
        toMs: Number.NaN,
        end: undefined,
      };
      lives.push(span);
      openLives.set(host, span);
      if (life.incarnation === 1) book.noteTogether('member', undefined, 'agents start:', host);
      else book.note('member', host, `its agent starts, life ${life.incarnation}`);
    },
    onStep: (place, event) => {
      const host = book.hostOf(place);
      lookAtLeader(place, host);
      if (movesQueue(event) && place.state !== undefined) setDepth(host, viewHeld(place.state).queue.length);
      if (event.kind !== 'planAdded' || plans.has(event.planId)) return;
      plans.add(event.planId);
      book.note('plan', host, `plan ${event.plan.build} with ${event.plan.tasks.length} tasks`);
    },
    onEffect: (place, effect) => {
      const host = book.hostOf(place);
      if (effect.kind === 'note' && effect.note.kind === 'peer') lookAtPeer(host, effect.note);
      noteEffect(book, host, effect);
    },
    onDown: (place, how) => {
      const host = book.hostOf(place);
      const life = openLives.get(host);
      if (life !== undefined) life.end = downWords[how];
      close(openLives, host);
      close(openFollows, host);
      setDepth(host, 0);
      book.note('member', host, `its agent is gone: ${downWords[how]}`);
    },
    onWord: (word, place) => book.note('plan', book.hostOf(place), `a user: ${word.kind} ${word.plan}`),
    onViolation: ({ check, place, what }) =>
      book.note('violation', place === undefined ? undefined : book.hostNamed(place), `${check}: ${what}`),
  };
  const finish = <Span extends { readonly toMs: number }>(spans: readonly Span[]): readonly Span[] =>
    spans.map((span) => (Number.isNaN(span.toMs) ? { ...span, toMs: book.now() } : span));
  return { observer, read: () => ({ lives: finish(lives), follows: finish(follows), queues }) };
}

const downWords: Readonly<Record<DownKind, string>> = {
  crash: 'its process died',
  power: 'its machine died',
  left: 'it left',
};

/** Whether it may change what waits at an agent; most of what happens is heartbeats. */
const movesQueue = (event: Event): boolean => {
  if (event.kind !== 'message') return event.kind !== 'lag' && event.kind !== 'resources';
  return event.message.kind !== 'heartbeat' && event.message.kind !== 'vector';
};

function noteEffect(book: Book, host: number, effect: Effect): void {
  if (effect.kind === 'note') noteNote(book, host, effect.note);
  if (effect.kind === 'planEnded') {
    book.noteTogether('plan', undefined, `${effect.planId} is over (${effect.ending})`, host);
  }
  if (effect.kind === 'retire') book.note('trouble', host, `gives up slot ${effect.slot}: ${effect.reason}`);
  if (effect.kind !== 'send') return;
  const { message } = effect;
  if (message.kind === 'give')
    book.note('steal', host, `gives ${message.item.task} to ${book.nameLife(message.id.thief)}`);
  if (message.kind === 'resign') book.noteTogether('leader', host, 'leads no more', host);
}

const statusWords = {
  alive: 'is heard again',
  suspect: 'is suspected',
  dead: 'is taken for dead',
  left: 'is seen to leave',
} as const;

function noteNote(book: Book, host: number, note: Note): void {
  switch (note.kind) {
    case 'refused':
      book.note('member', host, `refuses ${note.host}: ${note.reason}`);
      break;
    case 'leader':
      if (note.host === undefined) book.noteTogether('leader', undefined, 'no leader is heard', host);
      break;
    case 'fileLost':
      book.note('trouble', host, `nobody has the file of ${note.task} any more`);
      break;
    case 'attemptTroubled':
      book.note('trouble', host, `trouble with ${note.task}: ${note.trouble}, ${note.detail}`);
      break;
    case 'slotTrouble':
      book.note('trouble', host, `slot ${note.slot}: ${note.detail}`);
      break;
    case 'evicted':
      book.note('trouble', host, `ends ${note.task} for the disk`);
      break;
    case 'hostEvicted':
      book.noteTogether('member', book.hostOfId(note.host), 'is put out of the mesh', host);
      break;
    case 'retried':
      book.noteTogether('plan', undefined, `${note.tasks.length} tasks are to be tried again`, host);
      break;
    case 'peer':
    case 'staleResult':
    case 'waiting':
      break;
  }
}
