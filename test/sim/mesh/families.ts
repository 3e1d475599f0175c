import { drawScenario } from './draw.ts';
import {
  brief,
  drawCrowd,
  drawGuesses,
  drawIdle,
  drawMisfits,
  drawMoment,
  drawOrphaned,
  drawParallel,
  drawSlowFiles,
  drawTwo,
  drawUnequal,
  minute,
  quiet,
  repeat,
  second,
  withFaults,
} from './quiet.ts';
import type { Fault, HostSpec, Scenario } from './scenario.ts';
import { leaderName } from './scenario.ts';

/** What can be asked of a family; those of one shape take no notice. */
export interface FamilyOptions {
  readonly hosts?: number;
  readonly faults?: number;
}

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
  /** The process of the coordinator dies, and every word takes its time. */
  distant: (seed: number) => {
    const scenario = { ...brief(seed), network: { delayMs: 300, bytesPerMs: 10_000 } };
    return withFaults(scenario, [
      { kind: 'crash', atMs: drawMoment(seed), forMs: 2 * minute, host: leaderName },
    ]);
  },
  /** The coordinator is told to end, at once or when its runs have, and comes back later. */
  resigned: (seed: number) =>
    withFaults(brief(seed), [
      {
        ...{ kind: 'leave', mode: seed % 2 === 0 ? 'now' : 'drain' },
        ...{ atMs: drawMoment(seed), forMs: 2 * minute, host: leaderName },
      },
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
  /** One host after the other is so busy that it hears everything late, and knows that it is. */
  laggards: (seed: number) =>
    withFaults(
      quiet(seed),
      [0, 1, 2, 3, 4, 5].flatMap((index): readonly Fault[] => {
        const span = { atMs: (30 + 60 * index) * second, forMs: 30 * second };
        const host = `h${1 + (index % 4)}`;
        const others = ['h1', 'h2', 'h3', 'h4'].filter((name) => name !== host);
        return [
          { kind: 'lag', ...span, host, lagMs: 2_000 },
          ...others.map((a): Fault => {
            return { kind: 'slowLink', ...span, a, b: host, delayMs: 6 * second, bytesPerMs: 1_000 };
          }),
        ];
      }),
    ),
  /** Two hosts do not hear each other for most of the build; all others hear both. */
  apart: (seed: number) =>
    withFaults(quiet(seed), [{ kind: 'severed', a: 'h2', b: 'h3', atMs: 30 * second, forMs: 8 * minute }]),
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
