import type { Random } from '../random.ts';
import { createStream } from './chance.ts';
import type { Fault, HostSpec, PlanSpec, Scenario, TaskSpec } from './scenario.ts';

export const second = 1_000;
export const minute = 60_000;

/** A quiet world: alike hosts, one wide plan that keeps them busy for some minutes, nothing goes wrong. */
const drawQuiet = (seed: number, hosts: number, tasks: number): Scenario => {
  const random = createStream(seed, 'family');
  return {
    seed,
    hosts: Array.from({ length: hosts }, (_, index) => describeHost(index, hosts)),
    plans: [
      describePlan(
        'plan',
        5 * second,
        Array.from({ length: tasks }, (_, index) => drawTask(random, index)),
      ),
    ],
    words: [],
    faults: [],
    healMs: 10 * minute,
    network: { delayMs: 0.3, bytesPerMs: 100_000 },
    sharedFiles: false,
    stretches: false,
  };
};

const describeHost = (index: number, hosts: number): HostSpec => ({
  name: `h${index + 1}`,
  joinMs: index * 10,
  seeds: Array.from({ length: hosts }, (_, other) => `h${other + 1}`),
  slots: 4,
  spare: 1,
  cores: 8,
  speed: 1,
  memoryBytes: 64 * 1024 ** 3,
  workMemoryBytes: 0,
  eligibility: 'allow',
  platform: 'any',
  protocol: { oldest: 1, newest: 2 },
  mesh: 'mesh',
  persistMs: 2,
});

const describePlan = (id: string, addMs: number, tasks: readonly TaskSpec[]): PlanSpec => ({
  ...{ id, addMs, tasks },
  host: 'h1',
  files: true,
});

const drawTask = (random: Random, index: number, workMs = 10 * second * 8 ** random.next()): TaskSpec => ({
  name: `t${index}`,
  needs: index > 0 && random.chance(0.3) ? [`t${Math.floor((random.next() * index) / 2)}`] : [],
  estimateMs: Math.round(workMs),
  serialMs: Math.round(workMs),
  parallelMs: 0,
  jobsSafe: true,
  weight: 100,
  diskBytes: 0,
  memoryBytes: 0,
  sizeBytes: 1_000_000,
  reproducible: true,
  fate: { kind: 'built' },
  adds: [],
});

export const withFaults = (scenario: Scenario, faults: readonly Fault[]): Scenario => ({
  ...scenario,
  faults,
});

/** When a fault strikes, in the midst of the first minutes' work. */
export const drawMoment = (seed: number): number =>
  Math.round(createStream(seed, 'moment').next() * 40_000 + 40_000);

/** Faults of one kind, one after the other, while the build goes on. */
export const repeat = (
  seed: number,
  count: number,
  make: (atMs: number, random: Random) => Fault,
): readonly Fault[] => {
  const random = createStream(seed, 'repeat');
  return Array.from({ length: count }, (_, index) =>
    make(Math.round(30 * second + index * 20 * second + random.next() * 15 * second), random),
  );
};

export const quiet = (seed: number): Scenario => drawQuiet(seed, 4, 200);

/** The same, for one thing that happens once. */
export const brief = (seed: number): Scenario => ({ ...drawQuiet(seed, 4, 120), healMs: 4 * minute });

/** Long tasks, and slots for half as many again. */
export const drawIdle = (seed: number): Scenario => {
  const random = createStream(seed, 'idle');
  const scenario = drawQuiet(seed, 4, 0);
  const tasks = Array.from({ length: 10 }, (_, index) => ({
    ...drawTask(random, index, 4 * minute),
    needs: [],
  }));
  return { ...scenario, plans: scenario.plans.map((plan) => ({ ...plan, tasks })) };
};

/** Half of the hosts slow, and a chain of tasks that holds up the end. */
export const drawUnequal = (seed: number): Scenario => {
  const random = createStream(seed, 'unequal');
  const scenario = drawQuiet(seed, 4, 60);
  const chain = Array.from(
    { length: 12 },
    (_, index): TaskSpec => ({
      ...drawTask(random, 1000 + index, 40 * second),
      needs: index === 0 ? [] : [`t${999 + index}`],
    }),
  );
  const speeds = [0.5, 0.75, 1, 1.5];
  return {
    ...scenario,
    hosts: scenario.hosts.map((host, index) => ({ ...host, speed: speeds[index] ?? 1 })),
    plans: scenario.plans.map((plan) => ({ ...plan, tasks: [...plan.tasks, ...chain] })),
  };
};

/** A chain of tasks that gain much by more jobs, beside small ones that fill the hosts. */
export const drawParallel = (seed: number): Scenario => {
  const random = createStream(seed, 'parallel');
  const scenario = drawQuiet(seed, 2, 80);
  const chain = Array.from(
    { length: 8 },
    (_, index): TaskSpec => ({
      ...drawTask(random, 1000 + index, 60 * second),
      ...{ serialMs: 10 * second, parallelMs: 160 * second },
      needs: index === 0 ? [] : [`t${999 + index}`],
    }),
  );
  return {
    ...scenario,
    stretches: true,
    plans: scenario.plans.map((plan) => ({ ...plan, tasks: [...plan.tasks, ...chain] })),
  };
};

/** A large plan, and a small one a minute later. */
export const drawTwo = (seed: number): Scenario => {
  const random = createStream(seed, 'two');
  const scenario = drawQuiet(seed, 2, 200);
  const small = Array.from({ length: 16 }, (_, index) => drawTask(random, index));
  return { ...scenario, plans: [...scenario.plans, describePlan('small', minute, small)] };
};

/** Some tasks that one host can never build. */
export const drawMisfits = (seed: number): Scenario => {
  const scenario = quiet(seed);
  const misfit = (task: TaskSpec, index: number): TaskSpec =>
    index % 5 === 0
      ? { ...task, fate: { kind: 'misfit', trouble: 'sandbox', hosts: [`h${1 + (index % 4)}`] } }
      : task;
  return { ...scenario, plans: scenario.plans.map((plan) => ({ ...plan, tasks: plan.tasks.map(misfit) })) };
};

/** Nobody knows how long things take. */
export const drawGuesses = (seed: number): Scenario => {
  const random = createStream(seed, 'guesses');
  const scenario = drawQuiet(seed, 4, 80);
  const guess = (task: TaskSpec): TaskSpec => ({
    ...task,
    estimateMs: Math.round(second * 200 ** random.next()),
  });
  return { ...scenario, plans: scenario.plans.map((plan) => ({ ...plan, tasks: plan.tasks.map(guess) })) };
};

/** Eight hosts, of which most lose sight of their coordinator for a minute with wrong guesses about their work. */
export const drawCrowd = (seed: number): Scenario => {
  const guessed = drawGuesses(seed);
  const scenario = { ...drawQuiet(seed, 8, 160), healMs: 4 * minute };
  const random = createStream(seed, 'crowd');
  const guess = (task: TaskSpec): TaskSpec => ({
    ...task,
    estimateMs: Math.round(second * 200 ** random.next()),
  });
  const hosts = scenario.hosts.map((host, index): HostSpec => {
    return { ...host, eligibility: index === 0 ? 'prefer' : 'never' };
  });
  const plans = scenario.plans.map((plan) => ({ ...plan, tasks: plan.tasks.map(guess) }));
  const silent: Fault = { kind: 'pause', atMs: drawMoment(seed), forMs: 60 * second, host: 'h1' };
  return { ...guessed, hosts, plans, faults: [silent] };
};

/** Files take seconds. */
export const drawSlowFiles = (seed: number): Scenario => {
  const scenario = quiet(seed);
  return { ...scenario, network: { delayMs: 5, bytesPerMs: 200 } };
};

/** The coordinator cannot be reached for a while by anybody, and a host joins. */
export const drawOrphaned = (seed: number): Scenario => {
  const atMs = drawMoment(seed);
  const scenario = drawQuiet(seed, 4, 120);
  const lame = scenario.hosts.map((host, index): HostSpec => {
    if (index === 0) return { ...host, eligibility: 'prefer' };
    const joins = index === 3 ? { joinMs: atMs + 2 * second } : {};
    return { ...host, ...joins, eligibility: 'never' };
  });
  const silent: Fault = { kind: 'pause', atMs, forMs: 90 * second, host: 'h1' };
  return { ...scenario, hosts: lame, faults: [silent] };
};
