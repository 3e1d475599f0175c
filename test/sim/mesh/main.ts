import { readFileSync, writeFileSync } from 'node:fs';
import type { Wish } from './arguments.ts';
import { helpText, readArguments, UsageError } from './arguments.ts';
import { reportFigures } from './figures.ts';
import { drawJob, judgeScenario } from './judge.ts';
import { reportMutations } from './mutations.ts';
import { renderPage } from './picture/page.ts';
import { createRecorder } from './picture/recorder.ts';
import { describeSummary, listJobs, runJobs } from './range.ts';
import type { Scenario } from './scenario.ts';
import { shrinkScenario } from './shrink.ts';
import { createTimeline } from './timeline.ts';

/** `npm run sim`: see `helpText`. Gives the exit code. */
const main = async (args: readonly string[]): Promise<number> => {
  const wish = readArguments(args);
  switch (wish.what) {
    case 'help':
      console.log(helpText);
      return 0;
    case 'replay':
      return replay(wish);
    case 'shrink':
      return shrink(wish);
    case 'range':
      return await runRange(wish);
    case 'mutations':
      return await reportMutations(wish);
    case 'figures':
      return await reportFigures(wish);
  }
};

const loadScenario = (wish: Wish): Scenario => {
  const { file, hosts, faults } = wish;
  if (file !== undefined) return readScenario(file);
  const [seed] = wish.seeds;
  return drawJob({
    ...{ seed, family: wish.family, off: wish.off, twice: false },
    ...(hosts === undefined ? {} : { hosts }),
    ...(faults === undefined ? {} : { faults }),
  });
};

const readScenario = (file: string): Scenario => {
  try {
    const scenario: Scenario = JSON.parse(readFileSync(file, 'utf8'));
    return scenario;
  } catch (error) {
    throw new UsageError(`${file} is no scenario: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const replay = (wish: Wish): number => {
  const recorder = createRecorder();
  const timeline = createTimeline((line) => console.log(line), wish.verbose);
  const watchers = wish.html === undefined ? [timeline] : [timeline, recorder.observer];
  const verdict = judgeScenario(loadScenario(wish), wish.off, watchers);
  if (wish.html !== undefined) {
    writeFileSync(wish.html, renderPage(recorder.read()));
    console.log(`the picture is in ${wish.html}`);
  }
  console.log(JSON.stringify({ ...verdict.outcome, ...verdict.economy }));
  return verdict.outcome.violation === undefined ? 0 : 1;
};

const shrink = (wish: Wish): number => {
  const scenario = loadScenario(wish);
  const violation = judgeScenario(scenario, wish.off).outcome.violation;
  if (violation === undefined) {
    console.log(`seed ${scenario.seed} shows nothing that could be shrunk`);
    return 0;
  }
  let runs = 0;
  const fails = (simpler: Scenario): boolean => {
    runs += 1;
    return judgeScenario(simpler, wish.off).outcome.violation?.check === violation.check;
  };
  const smallest = shrinkScenario(scenario, fails);
  const last = judgeScenario(smallest, wish.off).outcome.violation ?? violation;
  const file = `sim-${violation.check}-${scenario.seed}.json`;
  const comment = `${last.check} at ${last.atMs} ms on ${last.place ?? 'no host'}: ${last.what}`;
  writeFileSync(file, `${JSON.stringify({ comment, ...smallest }, null, 1)}\n`);
  const { hosts, faults, plans } = smallest;
  const tasks = plans.reduce((sum, plan) => sum + plan.tasks.length, 0);
  console.log(comment);
  console.log(
    `${runs} runs; ${hosts.length} hosts, ${tasks} tasks, ${faults.length} faults are left: ${file}`,
  );
  return 1;
};

const runRange = async (wish: Wish): Promise<number> => {
  const { family, off, hosts, faults } = wish;
  const sinceMs = performance.now();
  const job = {
    ...{ family, off },
    ...(hosts === undefined ? {} : { hosts }),
    ...(faults === undefined ? {} : { faults }),
  };
  const sum = await runJobs(listJobs(wish.seeds, job), wish.workers, ({ outcome }) => {
    const { seed, violation } = outcome;
    if (violation === undefined) return;
    const { check, place, what } = violation;
    console.log(`seed ${seed}: ${check} on ${place ?? 'no host'}: ${what.split('\n', 3).join(' ')}`);
  });
  console.log(JSON.stringify(describeSummary(sum, performance.now() - sinceMs)));
  return sum.violations.length === 0 ? 0 : 1;
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`sim: ${error.message}`);
  process.exitCode = 2;
}
