import { createAgent, handle, isAtRest } from '../../../src/core/agent.ts';
import type { PlanId } from '../../../src/core/ids.ts';
import { hostId } from '../../../src/core/ids.ts';
import type { Limits } from '../../../src/core/limits.ts';
import { defaultLimits } from '../../../src/core/limits.ts';
import { viewMesh } from '../../../src/core/meshView.ts';
import type { Rules } from '../../../src/core/rules.ts';
import { allRules } from '../../../src/core/rules.ts';
import { createAgenda } from './agenda.ts';
import { createDisk } from './disk.ts';
import { noteFaults } from './faults.ts';
import type { Core, Ground, Machine, Watchers } from './ground.ts';
import { createTraceHash } from './hash.ts';
import { createMachine } from './machine.ts';
import { createNetwork } from './network.ts';
import { indexTasks } from './plans.ts';
import { startProcess } from './processes.ts';
import type { Scenario, Word } from './scenario.ts';
import type { Observer, Outcome, Violation, WorldView } from './trace.ts';
import { Breach } from './trace.ts';
import { noteUsers, repeatWords } from './users.ts';
import { describeStuck, findDeadline, isAllDone } from './verdict.ts';

export interface RunOptions {
  readonly rules?: Partial<Rules>;
  readonly limits?: Partial<Limits>;
  /** What agents think with; the real one if nothing is said. */
  readonly core?: Core;
  /** No two agents share an object, and none changes what it has sent. Costs time: by itself in one seed of a hundred. */
  readonly copies?: boolean;
  /** A run with more events goes round in circles. */
  readonly eventsMax?: number;
}

/** How often the world looks whether all is done, and how long it must have been so. */
const lookMs = 1_000;
const calmMs = 20_000;
/** Users look after their plans so often from the healing on. */
const repeatMs = 3_000;

/** Runs a scenario to its end, or to the first violation, and says what came of it. Changes nothing but what it makes. */
export const runScenario = (
  scenario: Scenario,
  observers: readonly Observer[] = [],
  options: RunOptions = {},
): Outcome => {
  const ground = createGround(scenario, observers, options);
  const run = createRun(ground);
  noteBeginning(ground, run);
  for (const { onStart } of observers) onStart?.(viewWorld(ground));
  const eventsMax = options.eventsMax ?? 20_000_000;
  const violation = watch(ground, () => {
    while (!run.isOver && ground.agenda.doNext()) {
      if (ground.counts.events > eventsMax)
        throw new Breach('end', `${eventsMax} events: ${describeStuck(ground)}`);
    }
    for (const { onEnd } of observers) onEnd?.();
  });
  if (violation !== undefined) for (const { onViolation } of observers) onViolation?.(violation);
  const { events, faults, runs } = ground.counts;
  return {
    seed: scenario.seed,
    ...{ violation, events, faults, runs, ...ground.network.counts },
    endedAtMs: run.doneSinceMs,
    virtualMs: ground.agenda.nowMs,
    hash: ground.hash.read(),
  };
};

/** How far a run is. */
interface Run {
  readonly lastWords: Map<PlanId, Word['kind']>;
  /** Since when all is done. */
  doneSinceMs: number | undefined;
  isOver: boolean;
}

const createRun = (ground: Ground): Run => {
  const run: Run = { lastWords: new Map(), doneSinceMs: undefined, isOver: false };
  const deadlineMs = findDeadline(ground);
  const look = (): void => {
    const { nowMs } = ground.agenda;
    if (!isAllDone(ground, run.lastWords)) run.doneSinceMs = undefined;
    else run.doneSinceMs ??= nowMs;
    if (run.doneSinceMs !== undefined && nowMs - run.doneSinceMs >= calmMs) {
      run.isOver = true;
      return;
    }
    if (nowMs > deadlineMs) throw new Breach('end', describeStuck(ground));
    ground.agenda.note(nowMs + lookMs, look);
  };
  ground.agenda.note(ground.scenario.healMs + repeatMs, look);
  return run;
};

const noteBeginning = (ground: Ground, { lastWords }: Run): void => {
  const { agenda, scenario, machines } = ground;
  for (const machine of machines) {
    agenda.note(machine.spec.joinMs, () => {
      machine.hasJoined = true;
      startProcess(ground, machine);
    });
  }
  noteUsers(ground, lastWords);
  const healAll = noteFaults(ground);
  agenda.note(scenario.healMs, () => {
    healAll();
    ground.isHealed = true;
    for (const { onHeal } of ground.watchers.all) onHeal?.();
  });
  const repeat = (): void => {
    repeatWords(ground, lastWords);
    agenda.note(agenda.nowMs + repeatMs, repeat);
  };
  agenda.note(scenario.healMs + repeatMs, repeat);
};

const createGround = (
  scenario: Scenario,
  observers: readonly Observer[],
  { rules, limits, core = realCore, copies = scenario.seed % 100 === 50 }: RunOptions,
): Ground => {
  const agenda = createAgenda();
  const { seed, network: spec } = scenario;
  const isPowered = (place: number): boolean => machines[place]?.isPowered === true;
  const machines: Machine[] = scenario.hosts.map((host, index) =>
    createMachine(scenario, host, { index, name: host.name, disk: createDisk(hostId(host.name)) }),
  );
  return {
    ...{ scenario, core, agenda, machines, copies },
    limits: { ...defaultLimits, ...limits },
    rules: { ...allRules, ...rules },
    network: createNetwork({ agenda, seed, spec, copies, isPowered }),
    watchers: sortWatchers(observers),
    hash: createTraceHash(),
    counts: { events: 0, faults: 0, runs: 0 },
    plans: new Map(),
    tasks: indexTasks(scenario),
    attempts: new Map(),
    isHealed: false,
    busy: undefined,
  };
};

const realCore: Core = {
  create: ({ limits, rules }) => createAgent(limits, rules),
  handle,
  isAtRest,
  findLead: (state) => {
    const { role, ballot } = viewMesh(state);
    return role === 'leading' ? ballot?.n : undefined;
  },
};

const sortWatchers = (all: readonly Observer[]): Watchers => ({
  all,
  onStep: all.flatMap(({ onStep }) => onStep ?? []),
  onEffect: all.flatMap(({ onEffect }) => onEffect ?? []),
});

const viewWorld = (ground: Ground): WorldView => ({
  scenario: ground.scenario,
  limits: ground.limits,
  rules: ground.rules,
  get nowMs() {
    return ground.agenda.nowMs;
  },
  get isHealed() {
    return ground.isHealed;
  },
  places: ground.machines,
  plans: ground.plans,
});

/** What went wrong is told, not thrown. */
const watch = (ground: Ground, act: () => void): Violation | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { nowMs: atMs } = ground.agenda;
    const place = ground.busy?.name;
    if (error instanceof Breach)
      return { check: error.check, place: error.place ?? place, atMs, what: error.message };
    const check = error.name === 'AssertionFailure' ? 'assert' : 'error';
    return { check, place, atMs, what: error.stack ?? error.message };
  }
};
