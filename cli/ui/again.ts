import { escapeLine } from './escape.ts';

/** What a build was asked for with, as typed: whoever types it again means the same build. */
export interface BuildArguments {
  /** The words that name the configuration: `-c FILE`, `--pbulk-conf FILE`, or none. */
  readonly config: readonly string[];
  readonly pkgpaths: readonly string[];
  /** The command without its configuration, where it is another one than "build" and these paths. */
  readonly words?: readonly string[] | undefined;
}

/** More package paths than this are not repeated. */
const pathsShownMax = 8;

/** How to ask for the same build again, to stand in a sentence: in quotes, ready to be typed. */
export function describeAgain({ config, pkgpaths, words }: BuildArguments): string {
  const all = words ?? ['build', ...pkgpaths];
  if (pkgpaths.length > pathsShownMax) {
    return `${describeCommand(config, all.slice(0, all.length - pkgpaths.length))} with the same packages`;
  }
  return describeCommand(config, all);
}

/** A command of this program with the same configuration, in quotes. */
export function describeCommand(config: readonly string[], words: readonly string[]): string {
  return `"bulkmesh ${[...config, ...words].map(quoteWord).join(' ')}"`;
}

/** A word for a POSIX shell to read as it is. */
function quoteWord(word: string): string {
  const plain = escapeLine(word);
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`;
}
