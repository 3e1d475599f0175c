import type { Random } from '../random.ts';
import { createStream, drawMagnitude, pick } from './chance.ts';
import { drawFaults } from './drawFaults.ts';
import { drawPlans, drawRetries, drawWords } from './drawPlans.ts';
import { meshName, protocols } from './machine.ts';
import type { HostSpec, NetworkSpec, Scenario } from './scenario.ts';

export interface DrawOptions {
  /** Default: 1 to 7, mostly 2 to 4. */
  readonly hosts?: number;
  /** Default: 20; 0: nothing goes wrong at all, neither do builds. */
  readonly faults?: number;
  /** Default: 10 to 150. */
  readonly tasks?: number;
}

/** A switch and cables, one gigabit. */
const localNetwork: NetworkSpec = { delayMs: 0.15, bytesPerMs: 100_000 };

/** Faults begin within so long. */
const chaosMs = 600_000;
const gib = 1024 ** 3;
const platform = 'NetBSD-10-x86_64';

/** The world of a seed. The same seed and options always give the same, on every machine. */
export const drawScenario = (seed: number, options: DrawOptions = {}): Scenario => {
  const random = createStream(seed, 'world');
  const { faults: count = 20 } = options;
  const calm = count === 0;
  const size = options.hosts ?? pick(random, [1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 6, 7]);
  const tasks = options.tasks ?? drawMagnitude(random, 10, 150);
  const hosts = drawHosts(seed, size, calm);
  const wholeMs = drawMagnitude(random, chaosMs / 5, 1.2 * chaosMs);
  const sound = drawPlans(seed, hosts, { tasks, calm, wholeMs });
  const retried = calm ? undefined : drawRetries(seed, hosts, sound, chaosMs);
  const plans = retried?.plans ?? sound;
  const words = calm ? [] : [...drawWords(seed, hosts, plans, chaosMs), ...(retried?.words ?? [])];
  const untilMs = Math.min(chaosMs, Math.max(chaosMs / 4, 1.2 * wholeMs));
  const faults = drawFaults(seed, hosts, { count, untilMs: Math.round(untilMs) });
  const lastMs = Math.max(
    ...hosts.map(({ joinMs }) => joinMs),
    ...plans.map(({ addMs }) => addMs),
    ...words.map(({ atMs }) => atMs),
    ...faults.map(({ atMs }) => atMs),
  );
  return {
    ...{ seed, hosts, plans, words, faults },
    healMs: lastMs + (calm ? 0 : random.between(5_000, 60_000)),
    network: random.chance(0.8) ? localNetwork : { delayMs: drawMagnitude(random, 1, 60), bytesPerMs: 5_000 },
    sharedFiles: random.chance(0.1),
    stretches: random.chance(0.3),
  };
};

const drawHosts = (seed: number, count: number, calm: boolean): readonly HostSpec[] => {
  const random = createStream(seed, 'hosts');
  const isEqual = random.chance(0.4);
  const slotsMax = random.between(1, 6);
  const joinLate = random.chance(0.5) ? 0.3 : 0;
  const names = Array.from({ length: count }, (_, index) => `h${index + 1}`);
  // Whose name comes first is not always who was there first.
  const first = pick(random, names);
  return names.map((name) => {
    const own = createStream(seed, 'host', name);
    const slots = isEqual ? slotsMax : own.between(1, 6);
    const isFirst = name === first;
    const isLate = !isFirst && own.chance(joinLate);
    return {
      name,
      joinMs: isFirst ? 0 : isLate ? own.between(1_000, 300_000) : own.between(0, 2_000),
      seeds: drawSeeds(own, { name, first, names }),
      ...{ slots, spare: pick(own, [0, 0, 1, 2]), cores: slots * own.between(1, 4) },
      speed: isEqual ? 1 : drawMagnitude(own, 30, 200) / 100,
      memoryBytes: drawMagnitude(own, 8, 128) * gib,
      workMemoryBytes: own.chance(0.3) ? 8 * gib : 0,
      eligibility: isFirst
        ? 'allow'
        : pick(own, ['allow', 'allow', 'allow', 'allow', 'allow', 'prefer', 'never']),
      ...drawKinship(own, isFirst || calm),
      persistMs: own.chance(0.8) ? 0 : own.between(1, 20),
    };
  });
};

interface Names {
  readonly name: string;
  readonly first: string;
  readonly names: readonly string[];
}

const drawSeeds = (random: Random, { name, first, names }: Names): readonly string[] => {
  const isWhole = random.chance(0.4);
  if (isWhole) return names.filter((other) => other !== name);
  return name === first ? [] : [first];
};

/** Few are of another kind, or of another mesh. */
const drawKinship = (random: Random, isPlain: boolean): Pick<HostSpec, 'platform' | 'protocol' | 'mesh'> => {
  const plain = { platform, protocol: protocols, mesh: meshName };
  const older = { oldest: 1, newest: 1 };
  const chance = random.next();
  if (isPlain || chance > 0.14) return plain;
  if (chance > 0.07) return { ...plain, protocol: older };
  if (chance > 0.03) return { ...plain, platform: 'NetBSD-9-x86_64' };
  if (chance > 0.015) return { ...plain, protocol: { oldest: 7, newest: 9 } };
  return { ...plain, mesh: 'another' };
};
