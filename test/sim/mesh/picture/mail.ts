import type { Life, SessionId } from '../../../../src/core/ids.ts';
import type { Message } from '../../../../src/core/message.ts';
import type { Observer, Place } from '../trace.ts';
import type { Book } from './book.ts';
import { describeMessage } from './describe.ts';
import type { MessageLine, Recording } from './recording.ts';

/** More of one kind make a page slow and show nothing. */
const KEPT_MAX = 50_000;

interface Letter {
  readonly message: Message;
  readonly from: number;
  readonly to: number;
  readonly sentMs: number;
  arrivedMs: number | undefined;
}

/** Every message, when it left and when the other agent took it. */
export function recordMail(book: Book): {
  readonly observer: Observer;
  readonly read: () => Pick<Recording, 'messages' | 'unkept'>;
} {
  const sessions = new Map<Place, Map<SessionId, Life>>();
  const kept = new Map<Message['kind'], Letter[]>();
  const counts = new Map<Message['kind'], number>();
  /** Under way, by both ends, in the order of sending. */
  const pending = new Map<string, Letter[]>();

  const peerOf = (place: Place, session: SessionId): number | undefined => {
    const life = sessions.get(place)?.get(session);
    return life && book.hostOfLife(life);
  };
  const send = (place: Place, session: SessionId, message: Message): void => {
    const to = peerOf(place, session);
    const count = (counts.get(message.kind) ?? 0) + 1;
    counts.set(message.kind, count);
    if (to === undefined || count > KEPT_MAX) return;
    const from = book.hostOf(place);
    const letter: Letter = { message, from, to, sentMs: book.now(), arrivedMs: undefined };
    append(kept, message.kind, letter);
    append(pending, `${from} ${to}`, letter);
  };
  const receive = (place: Place, session: SessionId, message: Message): void => {
    const from = peerOf(place, session);
    const list = pending.get(`${from} ${book.hostOf(place)}`) ?? [];
    // Some worlds hand on a copy.
    const exact = list.findIndex((letter) => letter.message === message);
    const at = exact >= 0 ? exact : list.findIndex((letter) => letter.message.kind === message.kind);
    const [letter] = at < 0 ? [] : list.splice(at, 1);
    if (letter !== undefined) letter.arrivedMs = book.now();
  };
  const observer: Observer = {
    onUp: (place) => void sessions.delete(place),
    onStep: (place, event) => {
      if (event.kind === 'message') receive(place, event.session, event.message);
      if (event.kind !== 'sessionUp') return;
      const mine = sessions.get(place) ?? new Map<SessionId, Life>();
      sessions.set(place, mine.set(event.session, event.hello.life));
    },
    onEffect: (place, effect) => {
      if (effect.kind === 'send') send(place, effect.session, effect.message);
    },
    onDown: (place) => {
      // What was on its way to it never comes; neither list is looked through again.
      const host = book.hostOf(place);
      for (const key of [...pending.keys()]) {
        if (key.endsWith(` ${host}`)) pending.delete(key);
      }
    },
  };
  const read = (): Pick<Recording, 'messages' | 'unkept'> => {
    const isKept = (kind: Message['kind']): boolean => (counts.get(kind) ?? 0) <= KEPT_MAX;
    const letters = [...kept].flatMap(([kind, list]) => (isKept(kind) ? list : []));
    const unkept = [...counts].filter(([kind]) => !isKept(kind)).map(([kind, count]) => ({ kind, count }));
    return { messages: letters.map((letter) => tellLetter(letter, book)), unkept };
  };
  return { observer, read };
}

const tellLetter = ({ message, from, to, sentMs, arrivedMs }: Letter, book: Book): MessageLine => ({
  ...{ kind: message.kind, from, to, sentMs, arrivedMs },
  text: describeMessage(message, book.nameLife),
});

function append<Key>(lists: Map<Key, Letter[]>, key: Key, letter: Letter): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [letter]);
  else list.push(letter);
}
