/** One element of a glob: exactly this character, any one, any run, or one of a set. */
type GlobPart =
  | { readonly kind: 'char'; readonly code: number }
  | { readonly kind: 'one' }
  | { readonly kind: 'run' }
  | {
      readonly kind: 'set';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [low: number, high: number])[];
    };

/** A shell pattern as `fnmatch` reads it, ready to be matched many times. */
export interface Glob {
  /** What every match starts with. */
  readonly prefix: string;
  /** What follows the prefix. */
  readonly parts: readonly GlobPart[];
  /** False when the pattern can match nothing (a `[` without its `]`). */
  readonly possible: boolean;
}

/**
 * Reads `*`, `?`, `[a-z]`, `[!a-z]`, `[^a-z]` and backslash escapes. A `]` that stands first in a set is a member
 * of it; a lone `]` is itself; a `[` that is never closed makes the pattern match nothing, as in NetBSD's fnmatch.
 */
export function parseGlob(text: string): Glob {
  const parts: GlobPart[] = [];
  let prefix = '';
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '*') {
      if (parts.at(-1)?.kind !== 'run') parts.push({ kind: 'run' });
    } else if (char === '?') {
      parts.push({ kind: 'one' });
    } else if (char === '[') {
      const set = parseSet(text, at + 1);
      if (set === undefined) return { prefix: '', parts: [], possible: false };
      parts.push(set.part);
      at = set.end;
      continue;
    } else {
      if (char === '\\' && at + 1 < text.length) at += 1;
      if (parts.length === 0) prefix += text.charAt(at);
      else parts.push({ kind: 'char', code: text.charCodeAt(at) });
    }
    at += 1;
  }
  return { prefix, parts, possible: true };
}

/**
 * Whether the whole of `name` matches. Takes at most parts x length steps, whatever the pattern. A leading period is
 * matched only by a period.
 */
export function matchGlob(glob: Glob, name: string): boolean {
  if (!glob.possible || !name.startsWith(glob.prefix)) return false;
  const { parts } = glob;
  if (glob.prefix === '' && parts.length > 0 && name.startsWith('.')) return false;
  let part = 0;
  let at = glob.prefix.length;
  let runPart = -1;
  let runAt = 0;
  while (at < name.length || part < parts.length) {
    const wanted = parts[part];
    if (wanted?.kind === 'run') {
      runPart = part;
      runAt = at;
      part += 1;
    } else if (wanted !== undefined && at < name.length && matchOne(wanted, name.charCodeAt(at))) {
      part += 1;
      at += 1;
    } else {
      // Only the last run can need to be longer: an earlier one has already found its shortest place.
      if (runPart < 0 || runAt >= name.length) return false;
      runAt += 1;
      at = runAt;
      part = runPart + 1;
    }
  }
  return true;
}

function matchOne(part: GlobPart, code: number): boolean {
  switch (part.kind) {
    case 'char':
      return part.code === code;
    case 'one':
      return true;
    case 'run':
      return false;
    case 'set':
      return part.ranges.some(([low, high]) => low <= code && code <= high) !== part.negated;
  }
}

/** `start` is the place after the `[`; `end` in the answer is the place after the `]`. */
function parseSet(text: string, start: number): { part: GlobPart; end: number } | undefined {
  let at = start;
  const negated = text.charAt(at) === '!' || text.charAt(at) === '^';
  if (negated) at += 1;
  const first = at;
  const ranges: [number, number][] = [];
  while (at < text.length) {
    if (text.charAt(at) === ']' && at > first) return { part: { kind: 'set', negated, ranges }, end: at + 1 };
    const low = memberAt(text, at);
    at = low.end;
    if (text.charAt(at) === '-' && at + 1 < text.length && text.charAt(at + 1) !== ']') {
      const high = memberAt(text, at + 1);
      at = high.end;
      ranges.push([low.code, high.code]);
    } else {
      ranges.push([low.code, low.code]);
    }
  }
  return undefined;
}

function memberAt(text: string, start: number): { code: number; end: number } {
  const at = text.charAt(start) === '\\' && start + 1 < text.length ? start + 1 : start;
  return { code: text.charCodeAt(at), end: at + 1 };
}
