/** What one `ulimit` of a pbulk.conf means here. */
export interface UlimitMeaning {
  /** As written: `ulimit -t`. */
  readonly name: string;
  /** `section.key`, and its value. */
  readonly key?: string;
  readonly value?: number;
  readonly remark?: string;
}

interface Row {
  readonly key: string;
  /** How many of the key's unit one unit of the shell is. */
  readonly scale: number;
}

const mebibyte = 1024 * 1024;

/** By the letter of `ulimit`; a shell calls processes `p` (dash) or `u` (bash). Files count in blocks of 512 bytes. */
const rows: Readonly<Record<string, Row>> = {
  t: { key: 'limits.cpu', scale: 1 },
  n: { key: 'limits.files', scale: 1 },
  p: { key: 'limits.processes', scale: 1 },
  u: { key: 'limits.processes', scale: 1 },
  v: { key: 'limits.memory', scale: 1024 / mebibyte },
  f: { key: 'limits.file_size', scale: 512 / mebibyte },
};

const valueMax = 10_000_000;

/** The keys of `[limits]` for what `ulimit` was told; a limit that bulkmesh does not have is remarked on. */
export const mapUlimits = (ulimits: ReadonlyMap<string, string>): readonly UlimitMeaning[] => {
  const told = [...ulimits].map(([letter, text]) => mapUlimit(letter, text));
  if (ulimits.has('t')) return told;
  const remark =
    'not in this file: bulkmesh limits each process to an hour of CPU all the same; limits.cpu = 0 does not';
  return [...told, { name: 'ulimit -t', remark }];
};

const mapUlimit = (letter: string, text: string): UlimitMeaning => {
  const name = `ulimit -${letter}`;
  const row = rows[letter];
  if (row === undefined) return { name, remark: 'a limit that bulkmesh does not set' };
  const { key } = row;
  if (text === 'unlimited') return { name, key, value: 0 };
  if (!/^\d{1,15}$/.test(text)) return { name, remark: `${JSON.stringify(text)} is no number: left out` };
  const value = Math.ceil(Number(text) * row.scale);
  if (value === 0) return { name, remark: 'a limit of 0 would let nothing run: left out' };
  if (value <= valueMax) return { name, key, value };
  return { name, key, value: 0, remark: `${text} is more than bulkmesh can limit to: no limit` };
};
