import type { Random } from '../random.ts';
import { createStream } from './chance.ts';
import { drawScenario } from './draw.ts';
import type { Fault, HostSpec, PlanSpec, Scenario, TaskSpec } from './scenario.ts';
import { leaderName } from './scenario.ts';

/** What can be asked of a family; those of one shape take no notice. */
export interface FamilyOptions {
  readonly hosts?: number;
  readonly faults?: number;
}

const second = 1_000;
const minute = 60_000;

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

const withFaults = (scenario: Scenario, faults: readonly Fault[]): Scenario => ({ ...scenario, faults });

/** When a fault strikes, in the midst of the first minutes' work. */
const drawMoment = (seed: number): number =>
  Math.round(createStream(seed, 'moment').next() * 40_000 + 40_000);

/** Faults of one kind, one after the other, while the build goes on. */
const repeat = (
  seed: number,
  count: number,
  make: (atMs: number, random: Random) => Fault,
): readonly Fault[] => {
  const random = createStream(seed, 'repeat');
  return Array.from({ length: count }, (_, index) =>
    make(Math.round(30 * second + index * 20 * second + random.next() * 15 * second), random),
  );
};

const quiet = (seed: number): Scenario => drawQuiet(seed, 4, 200);

/** The same, for one thing that happens once. */
const brief = (seed: number): Scenario => ({ ...drawQuiet(seed, 4, 120), healMs: 4 * minute });

/** Long tasks, and slots for half as many again. */
const drawIdle = (seed: number): Scenario => {
  const random = createStream(seed, 'idle');
  const scenario = drawQuiet(seed, 4, 0);
  const tasks = Array.from({ length: 10 }, (_, index) => ({
    ...drawTask(random, index, 4 * minute),
    needs: [],
  }));
  return { ...scenario, plans: scenario.plans.map((plan) => ({ ...plan, tasks })) };
};

/** Half of the hosts slow, and a chain of tasks that holds up the end. */
const drawUnequal = (seed: number): Scenario => {
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
const drawParallel = (seed: number): Scenario => {
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
const drawTwo = (seed: number): Scenario => {
  const random = createStream(seed, 'two');
  const scenario = drawQuiet(seed, 2, 200);
  const small = Array.from({ length: 16 }, (_, index) => drawTask(random, index));
  return { ...scenario, plans: [...scenario.plans, describePlan('small', minute, small)] };
};

/** Some tasks that one host can never build. */
const drawMisfits = (seed: number): Scenario => {
  const scenario = quiet(seed);
  const misfit = (task: TaskSpec, index: number): TaskSpec =>
    index % 5 === 0
      ? { ...task, fate: { kind: 'misfit', trouble: 'sandbox', hosts: [`h${1 + (index % 4)}`] } }
      : task;
  return { ...scenario, plans: scenario.plans.map((plan) => ({ ...plan, tasks: plan.tasks.map(misfit) })) };
};

/** Nobody knows how long things take. */
const drawGuesses = (seed: number): Scenario => {
  const random = createStream(seed, 'guesses');
  const scenario = drawQuiet(seed, 4, 80);
  const guess = (task: TaskSpec): TaskSpec => ({
    ...task,
    estimateMs: Math.round(second * 200 ** random.next()),
  });
  return { ...scenario, plans: scenario.plans.map((plan) => ({ ...plan, tasks: plan.tasks.map(guess) })) };
};

/** Ten hosts, of which most lose sight of their coordinator for a minute with wrong guesses about their work. */
const drawCrowd = (seed: number): Scenario => {
  const guessed = drawGuesses(seed);
  const scenario = drawQuiet(seed, 10, 300);
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
const drawSlowFiles = (seed: number): Scenario => {
  const scenario = quiet(seed);
  return { ...scenario, network: { delayMs: 5, bytesPerMs: 200 } };
};

/** The coordinator cannot be reached for a while by anybody, and a host joins. */
const drawOrphaned = (seed: number): Scenario => {
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

const families = {
  /** Everything that can go wrong, some of it in each seed. */
  chaos: (seed: number, options: FamilyOptions) => drawScenario(seed, options),
  /** The same worlds without the faults. */
  calm: (seed: number, options: FamilyOptions) => drawScenario(seed, { ...options, faults: 0 }),
  quiet,
  /** The process of the coordinator dies. */
  killed: (seed: number) =>
    withFaults(brief(seed), [{ kind: 'crash', atMs: drawMoment(seed), forMs: 2 * minute, host: leaderName }]),
  /** The machine of the coordinator loses its power. */
  silent: (seed: number) =>
    withFaults(brief(seed), [
      { kind: 'powerLoss', atMs: drawMoment(seed), forMs: 2 * minute, host: leaderName, keptShare: 0 },
    ]),
  /** The coordinator is told to end, and comes back later. */
  resigned: (seed: number) =>
    withFaults(brief(seed), [
      { kind: 'leave', mode: 'now', atMs: drawMoment(seed), forMs: 2 * minute, host: leaderName },
    ]),
  /** A host comes in the midst of a build. */
  join: (seed: number) => {
    const scenario = brief(seed);
    const joinMs = drawMoment(seed);
    return {
      ...scenario,
      hosts: scenario.hosts.map((host, index) => (index === 3 ? { ...host, joinMs } : host)),
    };
  },
  /** A host that does not coordinate loses its power for good, while others have slots to spare. */
  lost: (seed: number) => {
    const scenario = drawIdle(seed);
    const hosts = scenario.hosts.map((host): HostSpec => {
      return { ...host, eligibility: host.name === 'h4' ? 'never' : 'allow' };
    });
    return {
      ...scenario,
      hosts,
      faults: [{ kind: 'die', how: 'machine', atMs: drawMoment(seed), host: 'h4' }],
    };
  },
  /** The coordinator stands still now and then, for shorter than it takes to be missed, or a little longer. */
  stalls: (seed: number) =>
    withFaults(
      quiet(seed),
      repeat(seed, 12, (atMs, random) => {
        return { kind: 'pause', atMs, forMs: Math.round(random.next() * 7_000), host: leaderName };
      }),
    ),
  /** Every host's timers are late. */
  laggards: (seed: number) =>
    withFaults(
      quiet(seed),
      repeat(seed, 12, (atMs, random) => {
        const host = `h${1 + Math.floor(random.next() * 4)}`;
        return { kind: 'lag', atMs, forMs: 30 * second, host, lagMs: Math.round(random.next() * 6_000) };
      }),
    ),
  /** One host does not hear or reach the coordinator now and then, the others do. */
  oneway: (seed: number) =>
    withFaults(
      quiet(seed),
      repeat(seed, 8, (atMs, random) => {
        const host = `h${1 + Math.floor(random.next() * 4)}`;
        const ends = random.chance(0.5) ? { from: leaderName, to: host } : { from: host, to: leaderName };
        return { kind: 'cut', atMs, forMs: 25 * second, ...ends };
      }),
    ),
  /** One host of four is cut off for less than a minute, again and again. */
  islands: (seed: number) =>
    withFaults(
      quiet(seed),
      repeat(seed, 5, (atMs, random) => {
        const side = [`h${1 + Math.floor(random.next() * 4)}`];
        return { kind: 'partition', atMs, forMs: 35 * second, side };
      }),
    ),
  /** Messages are lost with their connections. */
  resets: (seed: number) =>
    withFaults(
      quiet(seed),
      repeat(seed, 15, (atMs, random) => {
        const [a = 1, b = 2] = [1, 2, 3, 4].sort(() => random.next() - 0.5);
        return { kind: 'reset', atMs, a: `h${a}`, b: `h${b}`, blind: random.chance(0.5) ? 'a' : 'none' };
      }),
    ),
  /** State directories are copied. */
  clones: (seed: number) =>
    withFaults(
      quiet(seed),
      repeat(seed, 3, (atMs, random) => {
        return { kind: 'clone', atMs, forMs: 60 * second, host: `h${1 + Math.floor(random.next() * 4)}` };
      }),
    ),
  /** Agents die and start again, in the midst of what they do. */
  restarts: (seed: number) =>
    withFaults(
      quiet(seed),
      repeat(seed, 14, (atMs, random) => {
        const host = random.chance(0.6) ? leaderName : `h${1 + Math.floor(random.next() * 4)}`;
        const forMs = Math.round(random.next() * 4_000);
        if (random.chance(0.3)) return { kind: 'powerLoss', atMs, forMs, host, keptShare: random.next() };
        return { kind: 'crash', atMs, forMs, host, effectsMax: Math.floor(random.next() * 4) };
      }),
    ),
  /** Hosts other than the coordinator stand still, for long enough to wake up in another world. */
  sleepers: (seed: number) =>
    withFaults(
      quiet(seed),
      repeat(seed, 10, (atMs, random) => {
        const host = `h${1 + Math.floor(random.next() * 4)}`;
        return { kind: 'pause', atMs, forMs: Math.round(6_000 + random.next() * 20_000), host };
      }),
    ),
  /** Files rot, and hosts go with theirs. */
  rot: (seed: number) =>
    withFaults(quiet(seed), [
      ...repeat(seed, 6, (atMs, random) => {
        const host = `h${1 + Math.floor(random.next() * 4)}`;
        return { kind: 'badFiles', atMs, host, share: 0.5, how: 'rot', foundMs: 5 * minute };
      }),
      { kind: 'die', how: 'machine', atMs: 100 * second, host: 'h3' },
    ]),
  /** Disks want room, all at once. */
  tidied: (seed: number) =>
    withFaults(
      quiet(seed),
      repeat(seed, 8, (atMs) => ({ kind: 'unwanted', atMs, host: 'h1', count: 1_000 })).flatMap((fault) =>
        ['h1', 'h2', 'h3', 'h4'].map((host) => ({ ...fault, host })),
      ),
    ),
  guesses: drawGuesses,
  crowd: drawCrowd,
  slowfiles: drawSlowFiles,
  unequal: drawUnequal,
  parallel: drawParallel,
  two: drawTwo,
  misfits: drawMisfits,
  orphaned: drawOrphaned,
} satisfies Record<string, (seed: number, options: FamilyOptions) => Scenario>;

/** A kind of world that seeds are drawn of. */
export type FamilyName = keyof typeof families;

export const familyNames = Object.keys(families);

export const isFamily = (name: string): name is FamilyName => Object.hasOwn(families, name);

/** The scenario of a seed in a family. */
export const drawFamily = (family: FamilyName, seed: number, options: FamilyOptions): Scenario =>
  families[family](seed, options);
