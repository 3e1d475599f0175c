import { resolve } from 'node:path';
import type { Config } from './config.ts';
import { fileSchema } from './fileSchema.ts';
import { explainIssues } from './issues.ts';
import type { MayLack } from './load.ts';
import { makeConfigError, type Problem, renameProblems } from './problem.ts';
import { resolveConfig } from './resolution.ts';
import type { TemplateValues } from './template.ts';

/** Values that stand in no configuration file of ours, by `section.key`. */
export interface NamedValues {
  readonly values: TemplateValues;
  /** What a key's value is called where it comes from, by `section.key`. */
  readonly origins: Readonly<Record<string, string>>;
}

/** Values from another program's configuration. */
export interface ForeignValues extends NamedValues {
  /** The file that they come from; relative paths start at its directory. */
  readonly file: string;
}

/** A configuration, good as far as `problems` is empty; they name things as the file does. */
export interface ForeignConfig {
  readonly config: Config | undefined;
  readonly problems: readonly Problem[];
}

/** Checks values that stand in no configuration file of ours, by the same rules as those that do. */
export const checkValues = async ({ file, values, origins }: ForeignValues): Promise<ForeignConfig> => {
  const root = groupKeys(values);
  const parsed = fileSchema.safeParse(root);
  if (!parsed.success) {
    const problems = renameProblems(explainIssues(parsed.error.issues, root), origins);
    return { config: undefined, problems };
  }
  const { config, problems } = await resolveConfig(resolve(file), parsed.data);
  return { config, problems: renameProblems(problems, origins) };
};

/**
 * The configuration that such values make.
 * @throws {BulkmeshError} CONFIG_INVALID with one line for every problem.
 */
export const makeConfig = async (foreign: ForeignValues, mayLack: MayLack = []): Promise<Config> => {
  const { config, problems } = await checkValues(foreign);
  const lacking = new Set(mayLack.map((key) => foreign.origins[key] ?? key));
  const meant = problems.filter(
    ({ isMissing, path }) => !(isMissing && lacking.has(path.slice(0, 2).join('.'))),
  );
  if (config !== undefined && meant.length === 0) return config;
  throw makeConfigError(resolve(foreign.file), new Map(), meant);
};

const groupKeys = (values: TemplateValues): Record<string, Record<string, unknown>> => {
  const root: Record<string, Record<string, unknown>> = {};
  for (const [path, value] of Object.entries(values)) {
    const [section = '', key = ''] = path.split('.');
    const group = root[section] ?? {};
    group[key] = value;
    root[section] = group;
  }
  return root;
};
