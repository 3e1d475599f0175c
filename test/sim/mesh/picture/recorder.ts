import type { Observer } from '../trace.ts';
import type { Book } from './book.ts';
import { openBook } from './book.ts';
import { recordFaults } from './faults.ts';
import { recordMail } from './mail.ts';
import { recordMembers } from './members.ts';
import type { Figure, HostRow, Recording } from './recording.ts';
import { recordRuns } from './runs.ts';

/** Watches one run for its picture. `read` may be asked at any time, and tells what has been until then. */
export function createRecorder(): { readonly observer: Observer; readonly read: () => Recording } {
  const book = openBook();
  const [faults, mail, members, runs] = [
    recordFaults(book),
    recordMail(book),
    recordMembers(book),
    recordRuns(book),
  ];
  // Lives are bound to rows first, then messages find their ends.
  const parts = [members.observer, runs.observer, mail.observer, faults.observer];
  const observer: Observer = {
    onStart: (world) => {
      book.begin(world);
      for (const place of world.places) book.hostOf(place);
    },
    onStep: (place, event, effects) => {
      for (const part of parts) part.onStep?.(place, event, effects);
    },
    onEffect: (place, effect) => {
      for (const part of parts) part.onEffect?.(place, effect);
    },
    onFault: (fault, edge, hosts) => faults.observer.onFault?.(fault, edge, hosts),
    onUp: (place) => {
      for (const part of parts) part.onUp?.(place);
    },
    onDown: (place, how) => {
      for (const part of parts) part.onDown?.(place, how);
    },
    onWord: (word, place) => members.observer.onWord?.(word, place),
    onHeal: () => faults.observer.onHeal?.(),
    onViolation: (violation) => members.observer.onViolation?.(violation),
  };
  const read = (): Recording => {
    const { queues, lives, follows } = members.read();
    const hosts = book.hosts.map(({ name, spec }, host): HostRow => {
      const detail = `${tellCount(spec.slots, 'slot')}, ${tellCount(spec.cores, 'core')}, ×${spec.speed.toFixed(1)}`;
      return { name, detail, lanes: runs.lanes.get(host) ?? [], queue: queues.get(host) ?? [] };
    });
    const recording = {
      ...{ endMs: Math.max(1, book.now()), hosts, lives, follows },
      ...{
        ...book.listTasks(),
        ...runs.read(),
        ...mail.read(),
        faults: faults.read(),
        events: book.listEvents(),
      },
    };
    return {
      ...recording,
      title: tellTitle(book),
      figures: listFigures(recording),
    };
  };
  return { observer, read };
}

function listFigures(recording: Omit<Recording, 'title' | 'figures'>): readonly Figure[] {
  const { hosts, tasks, runs, follows, faults, messages, unkept, events } = recording;
  const count = (number: number, name: string): Figure => ({
    name: number === 1 ? name : `${name}s`,
    value: number.toLocaleString('en-US'),
  });
  const sent = messages.length + unkept.reduce((sum, one) => sum + one.count, 0);
  const violations = events.filter(({ group }) => group === 'violation');
  const [first] = violations;
  return [
    count(hosts.length, 'host'),
    count(tasks.length, 'task'),
    count(runs.length, 'run'),
    count(follows.filter(({ host, leader }) => host === leader).length, 'leadership'),
    count(faults.length, 'fault'),
    count(sent, 'message'),
    first === undefined
      ? { name: 'violations', value: 'no' }
      : { name: first.text.split(':')[0] ?? '', value: 'violation of', isBad: true },
  ];
}

const tellTitle = (book: Book): string => {
  const { seed, comment } = book.world()?.scenario ?? {};
  return `Seed ${seed}${comment === undefined ? '' : `: ${comment}`}`;
};

const tellCount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
