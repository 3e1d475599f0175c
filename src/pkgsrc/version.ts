/**
 * A version as pkgsrc orders it ("dewey"). Numbers too big for a double are held as bigint, so that a version of
 * any length keeps its order; JavaScript compares the two kinds with each other.
 */
export interface Version {
  readonly parts: readonly (number | bigint)[];
  /** The number after the last `nb` (the package's own revision), compared when all parts are equal. */
  readonly revision: number | bigint;
}

/** A PKGNAME taken apart, to be matched many times. */
export interface PkgNameParts {
  readonly name: string;
  /** What stands before the last dash (PKGBASE); the whole name when there is none. */
  readonly base: string;
  /** Of what follows the last dash. */
  readonly version: Version;
}

const WORDS: readonly (readonly [string, number])[] = [
  ['alpha', -3],
  ['beta', -2],
  ['pre', -1],
  ['rc', -1],
  ['pl', 0],
];

/** Parts of the version that is being read. */
const scratch: (number | bigint)[] = [];

const DOT = 46;
const UNDERSCORE = 95;
/** Digits that a double holds exactly. */
const DIGITS_SAFE = 15;

/**
 * Reads any text as a version: nothing is refused, what has no meaning is skipped. Rules of `pkg_match`: a digit
 * run is a number; `.`, `_`, `pl` are 0; `alpha` -3, `beta` -2, `pre` and `rc` -1 in any case; `nbN` stands apart;
 * another letter is 0 and its place in the alphabet.
 */
export function parseVersion(text: string): Version {
  const parts = scratch;
  parts.length = 0;
  let revision: number | bigint = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) {
      const end = endOfDigits(text, at);
      parts.push(toNumber(text, at, end));
      at = end;
      continue;
    }
    const letter = letterOf(code);
    if (letter === 0) {
      if (code === DOT || code === UNDERSCORE) parts.push(0);
      at += 1;
      continue;
    }
    if (startsWithWord(text, at, 'nb')) {
      const end = endOfDigits(text, at + 2);
      revision = toNumber(text, at + 2, end);
      at = end;
      continue;
    }
    const word = wordAt(text, at);
    if (word === undefined) parts.push(0, letter);
    else parts.push(word[1]);
    at += word === undefined ? 1 : word[0].length;
  }
  // A copy is as long as it must be; what grew piece by piece is several times that.
  return { parts: parts.slice(), revision };
}

/** Takes a PKGNAME apart at its last dash. Its version is read when it is first asked for. */
export function splitPkgName(name: string): PkgNameParts {
  return new SplitName(name);
}

class SplitName implements PkgNameParts {
  readonly name: string;
  readonly base: string;
  #version: Version | undefined;

  constructor(name: string) {
    const dash = name.lastIndexOf('-');
    this.name = name;
    this.base = dash < 0 ? name : name.slice(0, dash);
    this.#version = dash < 0 ? NO_VERSION : undefined;
  }

  get version(): Version {
    this.#version ??= parseVersion(this.name.slice(this.base.length + 1));
    return this.#version;
  }
}

const NO_VERSION: Version = { parts: [], revision: 0 };

/** Negative when `left` is lower, positive when it is higher, 0 when they are the same version. */
export function compareVersions(left: Version, right: Version): number {
  const length = Math.max(left.parts.length, right.parts.length);
  for (let at = 0; at < length; at += 1) {
    const order = compareNumbers(left.parts[at] ?? 0, right.parts[at] ?? 0);
    if (order !== 0) return order;
  }
  return compareNumbers(left.revision, right.revision);
}

function compareNumbers(left: number | bigint, right: number | bigint): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

function wordAt(text: string, at: number): readonly [string, number] | undefined {
  return WORDS.find(([word]) => startsWithWord(text, at, word));
}

/** Compares without regard to case; `word` is lower case. */
function startsWithWord(text: string, at: number, word: string): boolean {
  for (let offset = 0; offset < word.length; offset += 1) {
    const code = text.charCodeAt(at + offset);
    const wanted = word.charCodeAt(offset);
    const isUpper = code >= 65 && code <= 90;
    if (code !== wanted && !(isUpper && code + 32 === wanted)) return false;
  }
  return true;
}

function toNumber(text: string, start: number, end: number): number | bigint {
  if (end === start) return 0;
  const digits = text.slice(start, end);
  return digits.length <= DIGITS_SAFE ? Number(digits) : BigInt(digits);
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** 1 for a or A to 26 for z or Z, 0 for what is no letter. */
function letterOf(code: number): number {
  const lower = code >= 65 && code <= 90 ? code + 32 : code;
  return lower >= 97 && lower <= 122 ? lower - 96 : 0;
}
