import { type Glob, matchGlob, parseGlob } from './glob.ts';
import { compareVersions, type PkgNameParts, parseVersion, type Version } from './version.ts';

type Bound = { readonly op: '<' | '<=' | '>' | '>='; readonly version: Version };

/** A pattern without alternates. */
export type PlainPattern =
  | { readonly kind: 'dewey'; readonly base: string; readonly bounds: readonly Bound[] }
  | { readonly kind: 'glob'; readonly glob: Glob }
  | { readonly kind: 'exact'; readonly name: string };

/** A dependency pattern, parsed. A malformed one is a value like the others: it matches nothing and says why. */
export type Pattern =
  | PlainPattern
  | { readonly kind: 'alternates'; readonly options: readonly PlainPattern[] }
  | { readonly kind: 'malformed'; readonly reason: string };

/** More than any package has; above it a pattern is taken for an attack on memory. */
const OPTIONS_MAX = 4096;
const LENGTH_MAX = 4096;

/**
 * Parses a dependency pattern by the rules of pkgsrc's `pkg_match`, the first that applies deciding: braces are
 * alternates; `<` or `>` makes it relational; `*`, `?`, `[` or `]` makes it a glob over the whole name; anything else is
 * equality. (The classic program first compares two characters; that only saves time and changes no answer.)
 */
export function parsePattern(text: string): Pattern {
  if (text.length > LENGTH_MAX) return { kind: 'malformed', reason: `longer than ${LENGTH_MAX} characters` };
  if (!text.includes('{')) return parsePlain(text);
  const texts = expandBraces(text);
  if (typeof texts === 'string') return { kind: 'malformed', reason: texts };
  return { kind: 'alternates', options: texts.map(parsePlain) };
}

/** Whether the package satisfies the pattern. */
export function matchPattern(pattern: Pattern, pkg: PkgNameParts): boolean {
  switch (pattern.kind) {
    case 'malformed':
      return false;
    case 'alternates':
      return pattern.options.some((option) => matchPattern(option, pkg));
    case 'dewey':
      return matchDewey(pattern.base, pattern.bounds, pkg);
    case 'glob':
      return matchGlob(pattern.glob, pkg.name);
    case 'exact':
      return pattern.name === pkg.name;
  }
}

function parsePlain(text: string): PlainPattern {
  const operator = text.search(/[<>]/);
  if (operator >= 0)
    return { kind: 'dewey', base: text.slice(0, operator), bounds: parseBounds(text, operator) };
  if (/[*?[\]]/.test(text)) return { kind: 'glob', glob: parseGlob(text) };
  return { kind: 'exact', name: text };
}

/** After `>` and `>=` an upper bound may follow. After `<` everything is the version, junk included. */
function parseBounds(text: string, start: number): readonly Bound[] {
  const lower = operatorAt(text, start);
  const rest = start + lower.length;
  const upperAt = lower.startsWith('>') ? text.indexOf('<', rest) : -1;
  if (upperAt < 0) return [{ op: lower, version: parseVersion(text.slice(rest)) }];
  const upper = operatorAt(text, upperAt);
  return [
    { op: lower, version: parseVersion(text.slice(rest, upperAt)) },
    { op: upper, version: parseVersion(text.slice(upperAt + upper.length)) },
  ];
}

function operatorAt(text: string, at: number): Bound['op'] {
  const isGreater = text.charAt(at) === '>';
  if (text.charAt(at + 1) === '=') return isGreater ? '>=' : '<=';
  return isGreater ? '>' : '<';
}

function matchDewey(base: string, bounds: readonly Bound[], pkg: PkgNameParts): boolean {
  // A name without a dash has no version to compare.
  if (pkg.base !== base || pkg.base.length === pkg.name.length) return false;
  return bounds.every((bound) => isWithin(bound, pkg.version));
}

function isWithin(bound: Bound, version: Version): boolean {
  const order = compareVersions(version, bound.version);
  switch (bound.op) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** All texts that the braces stand for; a string is the reason why there are none. */
function expandBraces(text: string): readonly string[] | string {
  const done: string[] = [];
  const open: string[] = [text];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const start = next.indexOf('{');
    if (start < 0) {
      done.push(next);
      continue;
    }
    const group = readGroup(next, start);
    if (group === undefined) return 'a { without its }';
    if (done.length + open.length + group.options.length > OPTIONS_MAX)
      return `over ${OPTIONS_MAX} alternates`;
    const tail = next.slice(group.end);
    for (const option of group.options) open.push(next.slice(0, start) + option + tail);
  }
  return done;
}

/** Splits the group that opens at `start` at its own commas; `end` is the place after its closing brace. */
function readGroup(text: string, start: number): { options: readonly string[]; end: number } | undefined {
  const options: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '{') {
      depth += 1;
    } else if (char === '}') {
      depth -= 1;
      if (depth === 0) return { options: [...options, text.slice(from, at)], end: at + 1 };
    } else if (char === ',' && depth === 1) {
      options.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return undefined;
}
