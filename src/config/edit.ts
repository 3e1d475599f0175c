import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import { messageOf } from '../errors.ts';

/** A key to give a value to. */
export interface KeyValue {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** What became of a key. */
export type KeyEdit =
  | { readonly kind: 'set' }
  /** It has this value already. */
  | { readonly kind: 'same' }
  /** It has another value, or the file cannot be changed: a person has to. */
  | { readonly kind: 'left'; readonly why: string };

/**
 * Gives a key of a configuration file a value, where it has none: in place of its line in a comment, as the
 * template has it, else as the first line of its section. All else stays as it is, comments too. Never changes
 * a value that is there, and never throws: what cannot be done is told.
 */
export const setKey = async (file: string, wanted: KeyValue): Promise<KeyEdit> => {
  try {
    const path = await realpath(file);
    const text = await readFile(path, 'utf8');
    const before = readValue(parse(text), wanted);
    if (before === wanted.value) return { kind: 'same' };
    if (before !== undefined) return { kind: 'left', why: `it is ${JSON.stringify(before)} there` };
    const next = addKey(text, wanted);
    if (!isOnlyThat(text, next, wanted)) return { kind: 'left', why: 'its place in the file is not plain' };
    await replaceFile(path, next);
    return { kind: 'set' };
  } catch (error) {
    return { kind: 'left', why: messageOf(error) };
  }
};

const addKey = (text: string, { section, key, value }: KeyValue): string => {
  const lines = text.split('\n');
  const line = `${key} = ${JSON.stringify(value)}`;
  const header = lines.findIndex((one) => sectionName(one) === section);
  if (header < 0) return `${text.replace(/\n*$/, '\n\n').trimStart()}[${section}]\n${line}\n`;
  const next = lines.findIndex((one, index) => index > header && /^\s*\[/.test(one));
  const end = next < 0 ? lines.length : next;
  const comment = new RegExp(`^\\s*#\\s*${key}\\s*=`);
  const place = lines.findIndex((one, index) => index > header && index < end && comment.test(one));
  return place < 0
    ? lines.toSpliced(header + 1, 0, line).join('\n')
    : lines.toSpliced(place, 1, line).join('\n');
};

const sectionName = (line: string): string | undefined =>
  /^\s*\[\s*([\w-]+)\s*\]\s*(?:#.*)?$/.exec(line)?.[1];

const readValue = (root: unknown, { section, key }: KeyValue): unknown => Object(Object(root)[section])[key];

/** Lines are found by their look; that they were the right ones is for the parser to say. */
const isOnlyThat = (before: string, after: string, { section, key, value }: KeyValue): boolean => {
  const wanted: Record<string, unknown> = parse(before);
  wanted[section] = { ...Object(wanted[section]), [key]: value };
  return isDeepStrictEqual(plain(parse(after)), plain(wanted));
};

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Whole or not at all, with the mode and, for root, the owner that it had. */
const replaceFile = async (path: string, text: string): Promise<void> => {
  const { mode, uid, gid } = await stat(path);
  const next = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    await using file = await open(next, 'wx', mode & 0o777);
    await file.writeFile(text);
    await file.chmod(mode & 0o7777);
    if (process.getuid?.() === 0) await file.chown(uid, gid);
    await file.sync();
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
};
