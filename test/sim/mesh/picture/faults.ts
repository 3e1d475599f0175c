import type { Fault } from '../scenario.ts';
import type { Observer } from '../trace.ts';
import type { Book } from './book.ts';
import type { FaultMark } from './recording.ts';

/** Faults as marks and as lines of the list. */
export function recordFaults(book: Book): {
  readonly observer: Observer;
  readonly read: () => readonly FaultMark[];
} {
  const marks: {
    readonly fault: Fault;
    readonly fromMs: number;
    toMs?: number;
    readonly hosts: readonly number[];
  }[] = [];
  const observer: Observer = {
    onFault: (fault, edge, names) => {
      if (edge === 'ends') {
        for (const mark of marks) if (mark.fault === fault) mark.toMs ??= book.now();
        return;
      }
      const hosts = names.flatMap((name) => book.hostNamed(name) ?? []);
      marks.push({ fault, fromMs: book.now(), hosts });
      const text = [nameFault(fault), tellFault(fault)].filter(Boolean).join(', ');
      const [host] = hosts.length === 1 ? hosts : [];
      book.note(
        'fault',
        host,
        host === undefined && names.length > 0 ? `${text} (${names.join(', ')})` : text,
      );
    },
    onHeal: () => book.note('fault', undefined, 'all faults are over'),
  };
  const read = (): readonly FaultMark[] =>
    marks.map(({ fault, fromMs, toMs, hosts }) => {
      const lastMs = 'forMs' in fault ? fromMs + (fault.forMs ?? 0) : fromMs;
      const mark = {
        ...{ kind: nameFault(fault), text: tellFault(fault), hosts, fromMs },
        toMs: Math.min(toMs ?? lastMs, book.now()),
      };
      if (fault.kind !== 'partition') return mark;
      const side = hosts.length > 0 ? hosts : fault.side.flatMap((name) => book.hostNamed(name) ?? []);
      return {
        ...mark,
        hosts: [],
        sides: [side, book.hosts.flatMap((_, host) => (side.includes(host) ? [] : [host]))],
      };
    });
  return { observer, read };
}

/** `powerLoss` as people write it. */
const nameFault = ({ kind }: Fault): string => kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** What its numbers say. */
function tellFault(fault: Fault): string {
  if (fault.kind === 'swizzle') {
    return fault.clogs
      .map(({ host, afterMs, forMs }) => `${host} from +${afterMs} to +${afterMs + forMs} ms`)
      .join(', ');
  }
  const { kind: _kind, atMs: _atMs, ...rest } = fault;
  return Object.entries(rest)
    .filter(([name]) => name !== 'forMs' && name !== 'host')
    .map(([name, value]) => `${name} ${tellValue(value)}`)
    .join(', ');
}

const tellValue = (value: unknown): string =>
  Array.isArray(value)
    ? value.join(' ')
    : typeof value === 'number' && !Number.isInteger(value)
      ? value.toFixed(2)
      : String(value);
