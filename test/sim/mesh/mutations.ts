import type { RuleName, Wish } from './arguments.ts';
import { ruleNames } from './arguments.ts';
import { findExcesses } from './budgets.ts';
import type { FamilyName } from './families.ts';
import type { Job, Verdict } from './judge.ts';
import { runJobs } from './range.ts';

/** Worlds of a shape in which a rule has something to do, besides those where all goes wrong. */
const shapes: Readonly<Partial<Record<RuleName, readonly FamilyName[]>>> = {
  uniqueBallots: ['restarts'],
  refuseLowerBallots: ['islands', 'oneway'],
  stepDown: ['islands'],
  canvassVeto: ['oneway'],
  staggerCandidates: ['killed', 'silent'],
  resign: ['resigned'],
  collectHolds: ['distant'],
  declareDead: ['silent', 'lost'],
  indirectProbe: ['oneway', 'islands'],
  tickGapGuard: ['stalls', 'sleepers'],
  selfDoubt: ['laggards'],
  refuseClones: ['clones'],
  minorityHold: ['islands'],
  antiEntropy: ['apart'],
  persistFirst: ['restarts'],
  cancelKnown: ['islands'],
  holdReconcile: ['resets'],
  resolveConflicts: ['islands'],
  freeUnnamed: ['resets'],
  freeDead: ['lost'],
  otherHostFirst: ['misfits'],
  lateBinding: ['guesses', 'unequal'],
  slackRule: ['unequal'],
  measureSpeed: ['unequal'],
  retract: ['guesses', 'join'],
  steal: ['orphaned', 'guesses'],
  askAfterGive: ['resets', 'orphaned'],
  refuseLateGift: ['orphaned'],
  restStolen: ['orphaned', 'guesses'],
  powerOfTwo: ['orphaned', 'crowd'],
  prefetch: ['slowfiles'],
  replicate: ['lost', 'rot'],
  rebuildLost: ['rot'],
  keepLastCopy: ['tidied'],
  blameCorrupt: ['rot'],
  fairShares: ['two'],
  criticalCores: ['parallel'],
};

/** How many seeds of a special shape are run for ten of the general one. */
const shapeShare = 0.5;

/** What one rule's absence did in one kind of world. */
interface Trial {
  readonly family: FamilyName;
  readonly verdicts: Map<number, Verdict>;
}

/** What runs with all rules came to, by family and seed. */
type Sound = ReadonlyMap<string, Verdict>;

/**
 * Turns off each rule in turn and prints what comes of it, as a table in Markdown, a line as soon as it is known. Exit code 1
 * if one of them is not missed.
 */
export const reportMutations = async (wish: Wish): Promise<number> => {
  const rules = wish.off.length > 0 ? wish.off : ruleNames;
  const families = [...new Set(rules.flatMap(listFamilies))];
  const sound = new Map<string, Verdict>();
  await runJobs(listJobs(wish, families, []), wish.workers, (verdict, { family, seed }) => {
    sound.set(`${family} ${seed}`, verdict);
  });
  console.log('| rule turned off | violations | worse |');
  console.log('|---|---|---|');
  const idle: RuleName[] = [];
  for (const rule of rules) {
    const { violations, excesses } = await tryWithout(wish, rule, sound);
    const isMissed = violations.length + excesses.length > 0;
    if (!isMissed) idle.push(rule);
    const worse = excesses.join('; ') || (isMissed ? '' : '**NOTHING**');
    console.log(`| ${rule} | ${violations.join('; ')} | ${worse} |`);
  }
  console.log(JSON.stringify({ rules: rules.length, missed: rules.length - idle.length, idle }));
  return idle.length === 0 ? 0 : 1;
};

const listFamilies = (rule: RuleName): readonly FamilyName[] => ['chaos', ...(shapes[rule] ?? [])];

const tryWithout = async (wish: Wish, rule: RuleName, sound: Sound) => {
  const trials = listFamilies(rule).map((family): Trial => ({ family, verdicts: new Map() }));
  const jobs = listJobs(wish, listFamilies(rule), [rule]);
  await runJobs(jobs, wish.workers, (verdict, { family, seed }) => {
    trials.find((trial) => trial.family === family)?.verdicts.set(seed, verdict);
  });
  return {
    violations: trials.flatMap((trial) => describeViolations(trial, sound)),
    excesses: trials.flatMap((trial) => describeExcesses(trial, sound)),
  };
};

const listJobs = (
  { seeds: [from, to], hosts, faults }: Wish,
  families: readonly FamilyName[],
  off: readonly RuleName[],
): readonly Job[] => {
  const options = { ...(hosts === undefined ? {} : { hosts }), ...(faults === undefined ? {} : { faults }) };
  const few = Math.max(1, Math.round((to - from + 1) * shapeShare));
  return families.flatMap((family) =>
    Array.from({ length: family === 'chaos' ? to - from + 1 : few }, (_, index) => ({
      ...{ ...options, family, off },
      seed: from + index,
      twice: false,
    })),
  );
};

/** Checks that fail without the rule, and not with it. */
const describeViolations = ({ family, verdicts }: Trial, sound: Sound): readonly string[] => {
  const counts = new Map<string, number>();
  for (const [seed, { outcome }] of verdicts) {
    const { violation } = outcome;
    if (violation === undefined) continue;
    if (sound.get(`${family} ${seed}`)?.outcome.violation !== undefined) continue;
    counts.set(violation.check, (counts.get(violation.check) ?? 0) + 1);
  }
  return [...counts].map(
    ([check, count]) => `${check}: ${describeShare(count / verdicts.size)} of ${family}`,
  );
};

const describeExcesses = ({ family, verdicts }: Trial, sound: Sound): readonly string[] => {
  const pairs = [...verdicts].flatMap(([seed, after]): readonly (readonly [Verdict, Verdict])[] => {
    const before = sound.get(`${family} ${seed}`);
    const isWhole = after.outcome.violation === undefined && before?.outcome.violation === undefined;
    return before !== undefined && isWhole ? [[before, after]] : [];
  });
  return findExcesses(pairs)
    .slice(0, 2)
    .map(({ name, before, after }) => `${name} ${describe(before)} → ${describe(after)} (${family})`);
};

const describe = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

const describeShare = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
