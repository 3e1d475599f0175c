import { deflateRawSync } from 'node:zlib';

import type { MessageLine, Recording } from './recording.ts';

/**
 * The recording as text that may stand in a script element: messages by column, texts that repeat as places in a list, all
 * of it deflated, as base64. The page's `data.js` reads it.
 */
export function packRecording(recording: Recording): string {
  const { messages, ...rest } = recording;
  const json = JSON.stringify({ ...rest, messages: packMessages(messages) }, roundTimes);
  return deflateRawSync(json, { level: 9 }).toString('base64');
}

/** What never came has this instead of the time that it took. */
const LOST = -1;

function packMessages(messages: readonly MessageLine[]): Record<string, unknown> {
  const sorted = messages.toSorted((a, b) => a.sentMs - b.sentMs);
  const [kinds, texts] = [makeTable(), makeTable()];
  return {
    kind: sorted.map(({ kind }) => kinds.add(kind)),
    from: sorted.map(({ from }) => from),
    to: sorted.map(({ to }) => to),
    sentMs: sorted.map(({ sentMs }) => sentMs),
    tookMs: sorted.map(({ sentMs, arrivedMs }) => (arrivedMs === undefined ? LOST : arrivedMs - sentMs)),
    text: sorted.map(({ text }) => texts.add(text)),
    kinds: kinds.list,
    texts: texts.list,
  };
}

interface Table {
  readonly list: readonly string[];
  /** The place of a text in the list. */
  add(text: string): number;
}

function makeTable(): Table {
  const list: string[] = [];
  const places = new Map<string, number>();
  return {
    list,
    add: (text) => {
      const known = places.get(text);
      if (known !== undefined) return known;
      places.set(text, list.length);
      return list.push(text) - 1;
    },
  };
}

/** Hundredths of a millisecond are more than anybody sees. */
const roundTimes = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 100) / 100 : value;
