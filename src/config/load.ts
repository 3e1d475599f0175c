import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { BulkmeshError } from '../errors.ts';
import type { Config } from './config.ts';
import { type FileValues, fileSchema } from './fileSchema.ts';
import { findConfig } from './find.ts';
import { explainIssues } from './issues.ts';
import { findKeyLines } from './keyLines.ts';
import { makeConfigError, type Problem, renameProblems } from './problem.ts';
import { resolveConfig } from './resolution.ts';
import type { TemplateValues } from './template.ts';
import type { NamedValues } from './values.ts';

/** Keys (`paths.pkgsrc`) whose file or directory may be missing still: of a command that is to make it. */
export type MayLack = readonly string[];

/** Values of a command line in place of those of the file, and what they are called there. */
const noOverrides: NamedValues = { values: {}, origins: {} };

/**
 * Reads and checks a configuration. Without `file` it is the one that `findConfig` finds for this process.
 * @throws {BulkmeshError} CONFIG_INVALID with one line for every problem, CONFIG_NOT_FOUND,
 * CONFIG_NOT_READABLE.
 */
export const loadConfig = async (
  file?: string,
  mayLack: MayLack = [],
  overrides: NamedValues = noOverrides,
): Promise<Config> => {
  const found = await findConfig(file, process.env, process.cwd());
  return parseConfig(found, await readText(found), mayLack, overrides);
};

/** Checks the text of a configuration as if it stood in `file`. Errors as `loadConfig`. */
export const parseConfig = async (
  file: string,
  text: string,
  mayLack: MayLack = [],
  { values: given, origins }: NamedValues = noOverrides,
): Promise<Config> => {
  const full = resolve(file);
  const root = replaceValues(parseToml(full, text.replace(/^\uFEFF/, '')), given);
  const { values, problems: formal } = checkForm(root);
  const { config, problems } = await resolveConfig(full, values);
  // A key with a wrong type was replaced by its default to go on: what is said of that default is not meant.
  const replaced = new Set(formal.map(nameKey));
  const meant = problems.filter((problem) => !replaced.has(nameKey(problem)));
  const all = [...formal, ...meant.filter((one) => !(one.isMissing && mayLack.includes(nameKey(one))))];
  if (all.length > 0) throw makeConfigError(full, findKeyLines(text), renameProblems(all, origins));
  return config;
};

const nameKey = (problem: Problem): string => problem.path.slice(0, 2).join('.');

/** A section that is none stays as it is, for the check to complain of. */
const replaceValues = (root: unknown, given: TemplateValues): unknown => {
  for (const [path, value] of Object.entries(given)) {
    const [name = '', key = ''] = path.split('.');
    const section: unknown = Object(root)[name] ?? {};
    if (typeof section === 'object' && section !== null) Object(root)[name] = { ...section, [key]: value };
  }
  return root;
};

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new BulkmeshError('CONFIG_NOT_READABLE', `${file}: ${String(error)}`, {
      hint: 'Name a file that this account may read.',
      cause: error,
    });
  }
};

const parseToml = (file: string, text: string): unknown => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = 'not TOML'] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw new BulkmeshError('CONFIG_INVALID', `${file}:${error.line}:${error.column}: ${what}`, {
      hint: 'The file is TOML: [section], then lines of key = value; texts stand in quotes.',
      cause: error,
    });
  }
};

/** The values that fit the schema, defaults in place of those that do not. */
const checkForm = (root: unknown): { readonly values: FileValues; readonly problems: readonly Problem[] } => {
  const first = fileSchema.safeParse(root);
  if (first.success) return { values: first.data, problems: [] };
  const problems = explainIssues(first.error.issues, root);
  for (const problem of problems) removeKey(root, problem.path);
  return { values: fileSchema.parse(root), problems };
};

/** Takes away the key that holds the item at `path`. */
const removeKey = (root: unknown, path: readonly string[]): void => {
  const [section = '', key] = path;
  const holder: unknown = key === undefined ? root : Object(root)[section];
  if (typeof holder === 'object' && holder !== null) Reflect.deleteProperty(holder, key ?? section);
};
