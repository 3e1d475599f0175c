import { join } from 'node:path';
import { BulkmeshError } from '../errors.ts';
import type { Command, Output, UserId } from '../sandbox/driver.ts';
import { isAssignment } from './name.ts';

/** What every make call of one build has in common. */
export interface MakeEnvironment {
  /** Absolute path of make inside the sandbox. */
  readonly make: string;
  /** The pkgsrc tree, at the same path inside and outside. */
  readonly pkgsrc: string;
  /** WRKOBJDIR: the work area inside. */
  readonly workDir: string;
  /** The user's variables; they win over what is set here, but for BATCH and DEPENDS_TARGET. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * Variables that make would otherwise ask the system for at every start; from `TreeEnvironment.cacheVars`.
   */
  readonly cacheVars: Readonly<Record<string, string>>;
}

/** One call of make in a directory of the tree. */
export interface MakeCall {
  /** PKGPATH, category, or '' for the top of the tree. */
  readonly dir: string;
  readonly targets: readonly string[];
  /** Words `VAR=value` for the command line, such as MULTI_VERSION's. */
  readonly assignments?: readonly string[];
  /** MAKE_JOBS; undefined: not set. */
  readonly jobs?: number;
  readonly user?: UserId | undefined;
  /** True only for stages that fetch. */
  readonly network?: boolean;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/**
 * BATCH: ask nothing. DEPENDS_TARGET: a dependency that is not installed fails instead of being built here.
 */
const BULK_WORDS: readonly string[] = ['BATCH=1', 'DEPENDS_TARGET=/nonexistent'];
const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/** The command of one make call. Throws `BulkmeshError` when a word is not a plain assignment. */
export function makeCommand(environment: MakeEnvironment, call: MakeCall): Command {
  const { user, output, signal } = call;
  return {
    argv: [environment.make, ...call.targets, ...checkAssignments(call.assignments ?? []), ...BULK_WORDS],
    env: makeVariables(environment, user, call.jobs),
    cwd: call.dir === '' ? environment.pkgsrc : join(environment.pkgsrc, call.dir),
    user,
    network: call.network ?? false,
    output,
    signal,
  };
}

/** Output limit of calls whose answer is a few lines; a whole pbulk-index answer has its own. */
export const CAPTURE_BYTES = 1 << 20;

/** The command that prints one line for each name: `show-vars`. Names come from this program alone. */
export function showVarsCommand(
  environment: MakeEnvironment,
  call: Omit<MakeCall, 'targets' | 'output'>,
  names: readonly string[],
): Command {
  const command = makeCommand(environment, {
    ...call,
    targets: ['show-vars'],
    output: { kind: 'capture', maxBytes: CAPTURE_BYTES },
  });
  return { ...command, argv: [...command.argv, `VARNAMES=${names.join(' ')}`] };
}

/**
 * The answer of `show-vars`: one line a name, empty for a variable that is empty or unset. Undefined when the
 * number of lines is another one: something else was printed, and no line can be trusted.
 */
export function parseShowVars<Name extends string>(
  stdout: string,
  names: readonly Name[],
): Readonly<Record<Name, string>> | undefined {
  const lines = stdout.replace(/\n$/, '').split('\n');
  if (lines.length !== names.length) return undefined;
  const entries = names.map((name, index) => [name, (lines[index] ?? '').trim()] as const);
  return Object.fromEntries(entries) as Readonly<Record<Name, string>>;
}

/**
 * The whole environment of a program that builds packages; nothing is inherited from the agent. PKG_PATH is
 * never in it: pkgsrc refuses to work when it is set.
 */
export function makeVariables(
  environment: MakeEnvironment,
  user: UserId | undefined,
  jobs: number | undefined,
): Readonly<Record<string, string>> {
  return { ...baseVariables(environment, user), ...(jobs === undefined ? {} : { MAKE_JOBS: String(jobs) }) };
}

function baseVariables(environment: MakeEnvironment, user: UserId | undefined): Record<string, string> {
  const name = user?.name ?? 'root';
  return {
    PATH: SYSTEM_PATH,
    HOME: user?.home ?? '/root',
    USER: name,
    LOGNAME: name,
    SHELL: '/bin/sh',
    TERM: 'dumb',
    LC_ALL: 'C',
    TZ: 'UTC',
    WRKOBJDIR: environment.workDir,
    ...environment.cacheVars,
    ...environment.variables,
  };
}

function checkAssignments(words: readonly string[]): readonly string[] {
  const bad = words.find((word) => !isAssignment(word));
  if (bad === undefined) return words;
  throw new BulkmeshError(
    'MAKE_WORD_INVALID',
    `make was to be called with the word ${JSON.stringify(bad)}.`,
    {
      hint: 'Words of MULTI_VERSION must be plain assignments, as in PYTHON_VERSION_REQD=312.',
    },
  );
}
