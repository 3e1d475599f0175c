/** What a key of a full-screen view is for. */
export type Key = 'quit' | 'up' | 'down' | 'pageUp' | 'pageDown' | 'top' | 'bottom';

/** What terminals send for each, in either mode of the cursor keys. */
const sequences: Readonly<Record<string, Key>> = {
  q: 'quit',
  Q: 'quit',
  '\x03': 'quit',
  '\x1b[A': 'up',
  '\x1bOA': 'up',
  k: 'up',
  '\x1b[B': 'down',
  '\x1bOB': 'down',
  j: 'down',
  '\x1b[5~': 'pageUp',
  '\x02': 'pageUp',
  '\x1b[6~': 'pageDown',
  '\x06': 'pageDown',
  ' ': 'pageDown',
  '\x1b[H': 'top',
  '\x1bOH': 'top',
  '\x1b[1~': 'top',
  g: 'top',
  '\x1b[F': 'bottom',
  '\x1bOF': 'bottom',
  '\x1b[4~': 'bottom',
  G: 'bottom',
};

/** The keys in what a terminal sent, in their order; what means nothing is left out. */
export function readKeys(text: string): readonly Key[] {
  const parts = text.match(/\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[^\x1b]|\x1b/gu) ?? [];
  return parts.flatMap((part) => (Object.hasOwn(sequences, part) ? (sequences[part] ?? []) : []));
}

/** Where a list of `lines` that shows `room` of them begins after a key; what is beyond its ends is cut off. */
export function scrollBy(key: Key | undefined, first: number, lines: number, room: number): number {
  const last = Math.max(0, lines - room);
  const page = Math.max(1, room - 1);
  switch (key) {
    case 'up':
      return clamp(first - 1, last);
    case 'down':
      return clamp(first + 1, last);
    case 'pageUp':
      return clamp(first - page, last);
    case 'pageDown':
      return clamp(first + page, last);
    case 'top':
      return 0;
    case 'bottom':
      return last;
    case 'quit':
    case undefined:
      return clamp(first, last);
  }
}

function clamp(first: number, last: number): number {
  return Math.min(last, Math.max(0, first));
}
