import type { Work } from './workload.ts';

/** A host of a modelled mesh. */
export interface HostSpec {
  readonly slots: number;
  readonly cores: number;
  readonly speed: number;
  /** Milliseconds from the start of the build; absent: there from the start, and to the end. */
  readonly joinMs?: number;
  readonly dieMs?: number;
}

/**
 * How the time of a run comes about. `fixed`: wall time by speed, whatever else runs. `cores`: a run wants one core,
 * and while it builds as many as it has jobs; where runs want more cores than there are, all are stretched alike.
 */
export type Model = 'fixed' | 'cores';

/** What runs on one host, in virtual time. */
export interface Machine {
  readonly spec: HostSpec;
  readonly runs: Running[];
  /** Up to here the runs have been advanced, milliseconds. */
  nowMs: number;
  /** When the next phase of any run ends, if nothing else changes; Infinity when nothing runs. */
  changeAtMs: number;
  /** Core milliseconds that were used. */
  usedMs: number;
}

interface Running {
  readonly key: string;
  readonly phases: Phase[];
}

/** `cores` 0: its time does not hang on what else runs. */
interface Phase {
  readonly cores: number;
  /** Wall time that is left of it with a machine of speed 1 for itself. */
  leftMs: number;
}

export const createMachine = (spec: HostSpec): Machine => ({
  spec,
  runs: [],
  nowMs: 0,
  changeAtMs: Number.POSITIVE_INFINITY,
  usedMs: 0,
});

/** A run begins, no later than the next change. */
export const startOn = (
  machine: Machine,
  nowMs: number,
  {
    key,
    work,
    jobs,
    model,
  }: { readonly key: string; readonly work: Work; readonly jobs: number; readonly model: Model },
): void => {
  passTime(machine, nowMs);
  machine.runs.push({ key, phases: listPhases(work, jobs, model) });
  machine.changeAtMs = findChange(machine);
};

/** A run is no more, whether it had come to its end or not. */
export const endOn = (machine: Machine, nowMs: number, key: string): void => {
  passTime(machine, nowMs);
  const at = machine.runs.findIndex((run) => run.key === key);
  if (at >= 0) machine.runs.splice(at, 1);
  machine.changeAtMs = findChange(machine);
};

const listPhases = (work: Work, jobs: number, model: Model): Phase[] => {
  if (model === 'fixed') return [{ cores: 0, leftMs: work.wallMs }];
  const cores = work.jobsSafe ? jobs : 1;
  return [
    { cores: 1, leftMs: work.beforeMs },
    { cores, leftMs: work.sharedMs / cores },
    { cores: 1, leftMs: work.afterMs },
  ].filter(({ leftMs }) => leftMs > 0);
};

/** Lets time pass up to `nowMs`, which is no later than the next change. The keys of the runs that ended. */
export const advance = (machine: Machine, nowMs: number): readonly string[] => {
  passTime(machine, nowMs);
  const ended: string[] = [];
  for (const { key, phases } of machine.runs) {
    const [phase] = phases;
    // What floating point leaves is less than any time that matters.
    if (phase === undefined || phase.leftMs > 1e-3) continue;
    phases.shift();
    if (phases.length === 0) ended.push(key);
  }
  if (ended.length > 0) {
    machine.runs.splice(0, machine.runs.length, ...machine.runs.filter(({ phases }) => phases.length > 0));
  }
  machine.changeAtMs = findChange(machine);
  return ended;
};

const passTime = (machine: Machine, nowMs: number): void => {
  const passedMs = nowMs - machine.nowMs;
  if (passedMs <= 0) return;
  const rate = rateOf(machine);
  machine.nowMs = nowMs;
  for (const { phases } of machine.runs) {
    const [phase] = phases;
    if (phase === undefined) continue;
    const doneMs = passedMs * rateOfPhase(machine, phase, rate);
    machine.usedMs += doneMs * phase.cores;
    phase.leftMs = Math.max(0, phase.leftMs - doneMs);
  }
};

const findChange = (machine: Machine): number => {
  const rate = rateOf(machine);
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const { phases } of machine.runs) {
    const [phase] = phases;
    if (phase !== undefined)
      soonestMs = Math.min(soonestMs, phase.leftMs / rateOfPhase(machine, phase, rate));
  }
  return machine.nowMs + soonestMs;
};

/** What part of the time each core that is wanted is given. */
const rateOf = ({ spec, runs }: Machine): number => {
  let wanted = 0;
  for (const { phases } of runs) wanted += phases[0]?.cores ?? 0;
  return wanted <= spec.cores ? 1 : spec.cores / wanted;
};

const rateOfPhase = ({ spec }: Machine, phase: Phase, rate: number): number =>
  spec.speed * (phase.cores === 0 ? 1 : rate);
