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
      const [host, other] = hosts;
      const isOne = host !== undefined && other === undefined && fault.kind !== 'partition';
      const whom = isOne ? '' : names.join(fault.kind === 'cut' ? ' → ' : ', ');
      const text = [nameFault(fault), whom, tellFault(fault)].filter(Boolean).join(', ');
      book.note('fault', isOne ? host : undefined, text);
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

const nameFault = ({ kind }: Fault): string => splitWords(kind);

/** What its numbers say. */
function tellFault(fault: Fault): string {
  if (fault.kind === 'swizzle') {
    return fault.clogs
      .map(({ host, afterMs, forMs }) => `${host} from +${afterMs} to +${afterMs + forMs} ms`)
      .join(', ');
  }
  return Object.entries(fault)
    .filter(([name]) => !toldElsewhere.has(name))
    .map(([name, value]) => tellField(name, value))
    .join(', ');
}

/** By the mark's place, its length and whom it concerns. */
const toldElsewhere: ReadonlySet<string> = new Set([
  ...['kind', 'atMs', 'forMs', 'host', 'a', 'b', 'from', 'to', 'side'],
]);

/** `delayMs: 1795` as `delay 1795 ms`. */
const tellField = (name: string, value: unknown): string => {
  if (name === 'bytesPerMs') return `${tellValue(value)} bytes/ms`;
  const words = splitWords(name.replace(/Ms$/, ''));
  return `${words} ${tellValue(value)}${name.endsWith('Ms') ? ' ms' : ''}`;
};

/** `powerLoss` as people write it. */
const splitWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const tellValue = (value: unknown): string =>
  Array.isArray(value)
    ? value.join(' ')
    : typeof value === 'number' && !Number.isInteger(value)
      ? value.toFixed(2)
      : String(value);
