import { BulkmeshError } from '../errors.ts';
import { type KeyLines, lineOf } from './keyLines.ts';

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Section, key, and item within it. */
  readonly path: readonly string[];
  readonly what: string;
  readonly todo: string;
  /** There is nothing yet at the path that is named. */
  readonly isMissing?: true;
  /** Where it stands, when that is not the configuration file itself. */
  readonly place?: { readonly file: string; readonly line: number };
}

/** Problems of values that are called otherwise where they come from, by `section.key`. */
export const renameProblems = (
  problems: readonly Problem[],
  origins: Readonly<Record<string, string>>,
): readonly Problem[] =>
  problems.map((problem) => {
    const origin = origins[problem.path.slice(0, 2).join('.')];
    return origin === undefined ? problem : { ...problem, path: [origin, ...problem.path.slice(2)] };
  });

/** All of them as one error, in the order of the lines: `file:line: section.key: what, what to do`. */
export const makeConfigError = (
  file: string,
  lines: KeyLines,
  problems: readonly Problem[],
): BulkmeshError => {
  const located = problems.map((problem) => ({ problem, line: lineOf(lines, problem.path) ?? 0 }));
  const sorted = located.toSorted((a, b) => a.line - b.line);
  const texts = sorted.map(({ problem, line }) => formatProblem(file, line, problem));
  return new BulkmeshError('CONFIG_INVALID', texts.join('\n'), {
    hint: 'docs/CONFIG.md lists every key; `bulkmesh init` in an empty directory writes all defaults.',
  });
};

const formatProblem = (file: string, line: number, problem: Problem): string => {
  const own = line > 0 ? `${file}:${line}` : file;
  const place = problem.place === undefined ? own : `${problem.place.file}:${problem.place.line}`;
  return `${place}: ${problem.path.join('.')}: ${problem.what}, ${problem.todo}`;
};
