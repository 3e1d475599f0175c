import type { z } from 'zod';
import { type KeyInfo, listSections, type SectionInfo } from './keys.ts';
import type { Problem } from './problem.ts';
import { suggestWord } from './suggestion.ts';

/** What the schema found wrong, in words for a person. `root` is the parsed file. */
export const explainIssues = (issues: readonly z.core.$ZodIssue[], root: unknown): readonly Problem[] => {
  const sections = listSections();
  return issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') return [explainValue(issue, path, root, sections)];
    return issue.keys.map((key) => explainUnknown([...path, key], root, sections));
  });
};

const explainUnknown = (
  path: readonly string[],
  root: unknown,
  sections: readonly SectionInfo[],
): Problem => {
  const name = path.at(-1) ?? '';
  const section = sections.find((candidate) => candidate.name === path[0]);
  if (path.length > 1 && section !== undefined) {
    const table = path.length > 2 ? section.keys.find((key) => key.name === path[1]) : undefined;
    const known = (table ?? section).keys.map((key) => key.name);
    const near = suggestWord(name, known);
    const home = sections.find((other) => other !== section && other.keys.some((key) => key.name === name));
    const list = `[${nameTable(path.slice(0, -1))}] has ${known.join(', ')}`;
    const todo = near === undefined ? list : `did you mean ${near}?`;
    return { path, what: 'unknown key', todo: home === undefined ? todo : `it belongs in [${home.name}]` };
  }
  const names = sections.map((candidate) => candidate.name);
  const isSection = typeof valueAt(root, path) === 'object';
  const what = isSection ? 'unknown section' : 'a key outside of every section';
  const home = sections.find((candidate) => candidate.keys.some((key) => key.name === name));
  const near = suggestWord(name, names);
  if (!isSection && home !== undefined) return { path, what, todo: `it belongs in [${home.name}]` };
  const todo =
    near === undefined ? `there are ${names.map((n) => `[${n}]`).join(', ')}` : `did you mean [${near}]?`;
  return { path, what, todo };
};

const explainValue = (
  issue: z.core.$ZodIssue,
  path: readonly string[],
  root: unknown,
  sections: readonly SectionInfo[],
): Problem => {
  const value = valueAt(root, path);
  const key = findKey(path, sections);
  if (key === undefined) {
    return { path, what: `is ${nameValue(value)}`, todo: `write it as a section: [${nameTable(path)}]` };
  }
  const { code } = issue;
  if (
    (code === 'too_big' || code === 'too_small') &&
    (key.type === 'whole number' || key.type === 'number')
  ) {
    return { path, what: `${String(value)} is out of range`, todo: `give ${key.minimum} to ${key.maximum}` };
  }
  if (key.type === 'choice') {
    const near = typeof value === 'string' ? suggestWord(value, key.choices) : undefined;
    const todo = `give one of ${key.choices.map((choice) => JSON.stringify(choice)).join(', ')}`;
    const nearer = near === undefined ? todo : `${todo} (${near}?)`;
    return { path, what: `is ${nameValue(value)}`, todo: nearer };
  }
  return { path, what: `is ${nameValue(value)}`, todo: `give ${wantedForm(key, path, value)}` };
};

/** The key of a value or of the item that it is in; undefined for what must be a section. */
const findKey = (path: readonly string[], sections: readonly SectionInfo[]): KeyInfo | undefined => {
  const [section, name, , inner] = path;
  const key = sections.find((one) => one.name === section)?.keys.find((one) => one.name === name);
  if (key?.type !== 'table of sections' || path.length === 2) return key;
  return key.keys.find((one) => one.name === inner);
};

/** As a header of TOML has it. */
const nameTable = (path: readonly string[]): string =>
  path.map((part) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part))).join('.');

const wantedForm = (key: KeyInfo, path: readonly string[], value: unknown): string => {
  const isNumber = key.type === 'whole number' || key.type === 'number';
  const wantsText = key.type === 'text' || (path.length > 2 && !isNumber);
  if (wantsText) {
    const scalar = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
    return scalar ? `a text in quotes: "${String(value)}"` : 'a text in quotes';
  }
  if (key.type === 'list of texts') return 'a list of texts: ["...", "..."]';
  if (key.type === 'table of texts' || key.type === 'table of sections')
    return `a section: [${path.join('.')}]`;
  if (key.type === 'yes or no') return 'true or false, without quotes';
  return `a ${key.type} without quotes`;
};

const nameValue = (value: unknown): string => {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object') return 'a section';
  return typeof value === 'string'
    ? `the text ${JSON.stringify(value)}`
    : `the ${typeof value} ${String(value)}`;
};

const valueAt = (root: unknown, path: readonly string[]): unknown => {
  let value = root;
  for (const part of path) value = Object(value)[part];
  return value;
};
