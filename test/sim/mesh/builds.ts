import type { Effect } from '../../../src/core/effect.ts';
import type { Outcome } from '../../../src/core/facts/fact.ts';
import type { Trouble } from '../../../src/core/failure/trouble.ts';
import { taskName } from '../../../src/core/ids.ts';
import type { RunResult } from '../../../src/core/input.ts';
import { createStream } from './chance.ts';
import { filesOf } from './disk.ts';
import type { Course, Ground, Machine, Process, Running } from './ground.ts';
import { findTrouble, noteFor } from './ground.ts';
import { toTask } from './plans.ts';
import { moveSlot, placeOf } from './sandboxes.ts';
import { Breach } from './trace.ts';
import { noticeFile } from './transfers.ts';

type Of<Kind extends Effect['kind']> = Extract<Effect, { readonly kind: Kind }>;

/** A build begins on a machine. */
export const startBuild = (ground: Ground, process: Process, effect: Of<'start'>): void => {
  const { slot, planId, task, token, jobs } = effect;
  const spec = ground.tasks.get(planId)?.get(task);
  if (spec === undefined) throw new Breach('shell', `${task} of ${planId} is started and does not exist`);
  const key = `${planId} ${task}`;
  const attempt = (ground.attempts.get(key) ?? 0) + 1;
  ground.attempts.set(key, attempt);
  ground.counts.runs += 1;
  const random = createStream(ground.scenario.seed, 'run', key, attempt);
  const course = drawCourse(ground, process, { planId, spec, jobs, attempt, random });
  const run: Running = {
    ...{ planId, task, token, slot, jobs, spec, attempt, course, random },
    startedAtMs: ground.agenda.nowMs,
    sinceMs: ground.agenda.nowMs,
    leftMs: course.workMs,
    ...{ rate: 0, version: 0, hadCompany: process.builds.size > 0, isOver: false },
  };
  moveSlot(process, slot, ['ready'], { kind: 'running', run });
  for (const other of process.builds.values()) other.hadCompany = true;
  process.builds.set(slot, run);
  rateBuilds(ground, process);
};

/** The host's builds go on as fast as it is now. */
export const rateBuilds = (ground: Ground, process: Process): void => {
  const { machine, builds } = process;
  const speed = machine.spec.speed * (findTrouble(machine, 'speed')?.factor ?? 1);
  let jobs = 0;
  for (const run of builds.values()) jobs += run.jobs;
  const share = ground.scenario.stretches ? Math.min(1, machine.spec.cores / Math.max(1, jobs)) : 1;
  const rate = speed * share;
  const { nowMs } = ground.agenda;
  for (const run of builds.values()) {
    if (run.isOver || (run.rate === rate && run.version > 0)) continue;
    run.leftMs = Math.max(0, run.leftMs - (nowMs - run.sinceMs) * run.rate);
    run.sinceMs = nowMs;
    run.rate = rate;
    run.version += 1;
    const { version } = run;
    ground.agenda.note(nowMs + run.leftMs / rate, () => {
      if (process.station.isAlive && !run.isOver && run.version === version) endBuild(ground, process, run);
    });
  }
};

/** The agent ends a run: whatever it was at, it is killed. One that has ended meanwhile has. */
export const cancelBuild = (ground: Ground, process: Process, { slot, token }: Of<'cancel'>): void => {
  const place = placeOf(process, slot);
  if (place.kind !== 'running' || place.run.token !== token) {
    throw new Breach('shell', `${slot} is to end ${token} but does not run that`);
  }
  const { run } = place;
  if (run.isOver) return;
  run.isOver = true;
  handIn(ground, process, run, 5 + 45 * run.random.next(), troubleOf('killed'));
};

const endBuild = (ground: Ground, process: Process, run: Running): void => {
  run.isOver = true;
  const result = findResult(ground, process, run);
  if (result.kind === 'ended' && result.outcome.kind === 'built' && result.outcome.digest !== '') {
    const file = { digest: result.outcome.digest, isSound: true };
    filesOf(process.machine.disk, run.planId).set(run.task, file);
    process.machine.unnoticed.get(run.planId)?.delete(run.task);
  }
  handIn(ground, process, run, 0, result);
};

const handIn = (ground: Ground, process: Process, run: Running, afterMs: number, result: RunResult): void =>
  noteFor(ground, process, afterMs, () => {
    process.slots.set(run.slot, { kind: 'dirty' });
    process.builds.delete(run.slot);
    if (ground.scenario.stretches) rateBuilds(ground, process);
    process.station.step({ kind: 'runEnded', slot: run.slot, token: run.token, result });
  });

const findResult = (ground: Ground, process: Process, run: Running): RunResult => {
  const { spec, hadCompany, random } = run;
  const isFull = findTrouble(process.machine, 'fullDisk') !== undefined && random.chance(0.7);
  if (isFull) return troubleOf('disk-full');
  if (spec.fate.kind === 'greedy' || (spec.fate.kind === 'hungry' && hadCompany)) {
    return troubleOf('out-of-memory');
  }
  const { course } = run;
  if (course.kind === 'trouble') return troubleOf(course.trouble);
  const cpuMs = Math.round(spec.serialMs + spec.parallelMs);
  const wallMs = Math.round(ground.agenda.nowMs - run.startedAtMs);
  const { diskBytes, memoryBytes } = spec;
  const steps = [{ step: 'build', wallMs, cpuMs }];
  const outcome = findOutcome(run, course.kind === 'fails');
  return { kind: 'ended', outcome, steps, cpuMs, diskBytes, memoryBytes };
};

const findOutcome = ({ planId, spec, token }: Running, fails: boolean): Outcome => {
  if (fails) return { kind: 'failed', class: 'package', stage: 'build', reason: 'simulated' };
  const digest = `sha256:${planId}/${spec.name}${spec.reproducible ? '' : `/${token}`}`;
  const built = { kind: 'built', digest, sizeBytes: spec.sizeBytes } as const;
  return spec.adds.length === 0 ? built : { ...built, adds: spec.adds.map(toTask) };
};

type Attempt = Pick<Running, 'planId' | 'spec' | 'jobs' | 'attempt' | 'random'>;

const drawCourse = (ground: Ground, { machine }: Process, run: Attempt): Course => {
  const { spec, jobs, random, attempt } = run;
  const wholeMs = Math.max(1, spec.serialMs + spec.parallelMs / Math.max(1, jobs));
  const { fate } = spec;
  const bad = findTrouble(machine, 'badHost');
  const badly = random.next();
  const part = wholeMs * (0.05 + 0.95 * random.next());
  if (bad !== undefined && badly < bad.share) {
    return { kind: 'trouble', trouble: bad.trouble, workMs: Math.min(part, 1_000 + 20_000 * badly) };
  }
  if (lacksFile(ground, machine, run)) {
    return { kind: 'trouble', trouble: 'missing-dependency', workMs: 1_000 };
  }
  switch (fate.kind) {
    case 'built':
    case 'hungry':
    case 'greedy':
      return { kind: 'built', workMs: fate.kind === 'greedy' ? part : wholeMs };
    case 'fails':
      return { kind: 'fails', workMs: part };
    case 'flaky':
      return attempt > fate.times ? { kind: 'built', workMs: wholeMs } : { kind: 'fails', workMs: part };
    case 'troubled':
      if (attempt > fate.times) return { kind: 'built', workMs: wholeMs };
      return { kind: 'trouble', trouble: fate.trouble, workMs: part };
    case 'misfit':
      if (!fate.hosts.includes(machine.spec.name)) return { kind: 'built', workMs: wholeMs };
      return { kind: 'trouble', trouble: fate.trouble, workMs: part };
    case 'hangs':
      if (attempt > fate.times) return { kind: 'built', workMs: wholeMs };
      return { kind: 'trouble', trouble: 'timeout', workMs: fate.afterMs };
  }
};

/** A file that the build must have is not what it should be: the host finds out. */
const lacksFile = (ground: Ground, machine: Machine, { planId, spec }: Attempt): boolean => {
  if (ground.scenario.sharedFiles || ground.plans.get(planId)?.files !== true) return false;
  const files = filesOf(machine.disk, planId);
  const lacking = spec.needs.map(taskName).filter((need) => files.get(need)?.isSound !== true);
  for (const need of lacking) noticeFile(ground, machine, planId, need);
  return lacking.length > 0;
};

const troubleOf = (trouble: Trouble): RunResult => ({
  kind: 'trouble',
  trouble,
  detail: 'simulated',
  stage: 'build',
});
