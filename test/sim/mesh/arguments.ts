import { parseArgs } from 'node:util';
import type { Rules } from '../../../src/core/rules.ts';
import { allRules } from '../../../src/core/rules.ts';
import type { FamilyName } from './families.ts';
import { familyNames, isFamily } from './families.ts';

/** What the user wants. */
export interface Wish {
  readonly what: 'help' | 'replay' | 'range' | 'shrink' | 'mutations' | 'figures';
  /** From, to, both included. */
  readonly seeds: readonly [number, number];
  readonly hosts: number | undefined;
  readonly faults: number | undefined;
  readonly family: FamilyName;
  readonly workers: number;
  /** Of a scenario. */
  readonly file: string | undefined;
  /** Of the page to be written. */
  readonly html: string | undefined;
  readonly off: readonly RuleName[];
  readonly verbose: boolean;
}

export type RuleName = keyof Rules;

export const ruleNames = Object.keys(allRules).filter((name): name is RuleName => name in allRules);

/** The user asked for something that is not there. One sentence that says what. */
export class UsageError extends Error {}

export const helpText = `npm run sim -- [options]: runs the real core of many agents in a simulated world.

  --seed N             one run, told line by line
  --seeds A-B          all of them, in several threads; the last line is JSON with the sums
  --file FILE          the scenario in this file, told line by line
  --hosts H            so many hosts (default: 1 to 7, by the seed)
  --faults F           so many faults (default: 20)
  --fault-free         nothing goes wrong
  --family NAME        another kind of world than 'chaos'; '--family list' names them
  --workers K          threads of --seeds, --mutations and --figures (default: 2)
  --rule NAME=off      turns a rule of the protocol off; may be given several times
  --verbose            with --seed or --file: every message but heartbeats as well
  --shrink             with --seed or --file: the simplest scenario that fails in the same way
  --html FILE          with --seed or --file: a picture of the run
  --mutations          turns off each rule in turn and says what comes of it
  --figures            how long people wait and what is done in vain, from many runs

Exit code: 0 all is well, 1 something that must not be has been, 2 not understood.`;

/** Throws a UsageError for what it does not understand. */
export const readArguments = (args: readonly string[]): Wish => {
  const values = parseOptions(args);
  const hosts = readCount('--hosts', values.hosts, 1);
  const faults = values['fault-free'] === true ? 0 : readCount('--faults', values.faults, 0);
  const seeds = readSeeds(values.seeds ?? values.seed);
  const wish = {
    ...{ hosts, faults },
    seeds: seeds ?? ([1, 200] as const),
    family: readFamily(values.family ?? 'chaos'),
    workers: readCount('--workers', values.workers, 1) ?? 2,
    file: values.file,
    html: values.html,
    off: (values.rule ?? []).map(readRule),
    verbose: values.verbose === true,
  };
  return { ...wish, what: chooseWhat(values, seeds !== undefined) };
};

type Values = ReturnType<typeof parseOptions>;

const chooseWhat = (values: Values, hasSeeds: boolean): Wish['what'] => {
  if (values.help === true) return 'help';
  if (values.mutations === true) return 'mutations';
  if (values.figures === true) return 'figures';
  const isOne = values.seed !== undefined || values.file !== undefined;
  if (values.shrink === true && !isOne) throw new UsageError('--shrink wants --seed or --file');
  if (values.html !== undefined && !isOne) throw new UsageError('--html wants --seed or --file');
  if (values.shrink === true) return 'shrink';
  if (isOne) return 'replay';
  if (!hasSeeds) throw new UsageError('which seeds? --seed N or --seeds A-B; --help says more');
  return 'range';
};

const parseOptions = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: optionTypes, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

const optionTypes = {
  help: { type: 'boolean', short: 'h' },
  seed: { type: 'string' },
  seeds: { type: 'string' },
  file: { type: 'string' },
  hosts: { type: 'string' },
  faults: { type: 'string' },
  'fault-free': { type: 'boolean' },
  family: { type: 'string' },
  workers: { type: 'string' },
  rule: { type: 'string', multiple: true },
  verbose: { type: 'boolean' },
  shrink: { type: 'boolean' },
  html: { type: 'string' },
  mutations: { type: 'boolean' },
  figures: { type: 'boolean' },
} as const;

const readCount = (option: string, text: string | undefined, least: number): number | undefined => {
  if (text === undefined) return undefined;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= least)) throw new UsageError(`${option} ${text}: a whole number from ${least} on is wanted`);
  return count;
};

/** `7`, or `1-2000`. */
const readSeeds = (text: string | undefined): readonly [number, number] | undefined => {
  if (text === undefined) return undefined;
  const [, from, to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  if (from === undefined || Number(from) > Number(to)) {
    throw new UsageError(`'${text}' names no seeds; '7' or '1-2000' does`);
  }
  return [Number(from), Number(to)];
};

const readFamily = (name: string): FamilyName => {
  if (isFamily(name)) return name;
  throw new UsageError(`no family '${name}'; there are: ${familyNames.join(', ')}`);
};

const readRule = (text: string): RuleName => {
  const [, name] = /^(\w+)=off$/.exec(text) ?? [];
  const found = ruleNames.find((each) => each === name);
  if (found !== undefined) return found;
  throw new UsageError(`--rule ${text}: NAME=off is wanted, of ${ruleNames.join(', ')}`);
};
