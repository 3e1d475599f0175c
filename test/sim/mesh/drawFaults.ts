import { hostTroubles } from '../faults.ts';
import type { Random } from '../random.ts';
import { createStream, drawMagnitude, pick, shuffle } from './chance.ts';
import type { Fault, FaultKind, HostSpec } from './scenario.ts';
import { leaderName } from './scenario.ts';

/** How often each kind comes, where it comes at all. */
const weights: Readonly<Record<FaultKind, number>> = {
  ...{
    crash: 3,
    powerLoss: 3,
    pause: 3,
    partition: 3,
    cut: 2,
    severed: 2,
    reset: 2,
    swizzle: 1,
    slowLink: 2,
  },
  ...{ bitFlip: 1, persistFails: 1, wallJump: 0.5, wipe: 0.7, clone: 0.7, slowDisk: 1, lag: 1 },
  ...{ leave: 1, die: 0.5, badFiles: 1.5, slowFiles: 0.7, noServe: 0.7, noRoom: 0.7, unwanted: 1 },
  ...{
    badHost: 1,
    fullDisk: 0.7,
    badSandbox: 0.7,
    speed: 0.7,
    allowance: 0.5,
    noPlans: 0.5,
    drained: 0.7,
    evicted: 0.7,
  },
};

const kinds: readonly FaultKind[] = [
  ...(['crash', 'powerLoss', 'pause', 'partition', 'cut', 'severed', 'reset', 'swizzle'] as const),
  ...(['slowLink', 'bitFlip', 'persistFails', 'wallJump', 'wipe', 'clone', 'slowDisk', 'lag'] as const),
  ...(['leave', 'die', 'badFiles', 'slowFiles', 'noServe', 'noRoom', 'unwanted', 'badHost'] as const),
  ...(['fullDisk', 'badSandbox', 'speed', 'allowance', 'noPlans', 'drained', 'evicted'] as const),
];

/** The faults of a seed: first which kinds there are at all, and how often each, then each by chances of its own. */
export const drawFaults = (
  seed: number,
  hosts: readonly HostSpec[],
  { count, untilMs }: { readonly count: number; readonly untilMs: number },
): readonly Fault[] => {
  const random = createStream(seed, 'faults');
  const share = 0.1 + 0.6 * random.next();
  const drawn = kinds.filter(() => random.chance(share));
  const chosen = drawn.length === 0 ? [pick(random, kinds)] : drawn;
  const names = hosts.map(({ name }) => name);
  // Now and then whoever leads has more than his part.
  const leaderShare = random.chance(0.3) ? 0.5 : 0.1;
  const faults = Array.from({ length: count }, (_, index) => {
    const own = createStream(seed, 'fault', index);
    const kind = pickWeighted(own, chosen);
    const draw = { atMs: own.between(1_000, untilMs), names, random: own, leaderShare };
    return join(drawFault(kind, draw), draw);
  });
  return faults
    .flat()
    .slice(0, count)
    .sort((a, b) => a.atMs - b.atMs);
};

/** Trouble does not come alone: it strikes all hosts at once, or twice in a row, or what makes it worse comes with it. */
const join = (fault: Fault, draw: Draw): readonly Fault[] => {
  const { names, random, atMs } = draw;
  const chance = random.next();
  if (fault.kind === 'clone' && chance < 0.5) {
    // The copy and the right one then start with the same number.
    const { host } = fault;
    return [{ kind: 'crash', atMs: atMs - 100, host, forMs: drawMagnitude(random, 200, 5_000) }, fault];
  }
  if ('host' in fault && fault.kind !== 'die' && fault.kind !== 'clone' && chance < 0.06) {
    return names.map((host) => ({ ...fault, host, atMs: atMs + random.between(0, 50) }));
  }
  if (chance > 0.85) {
    const laterMs = atMs + drawMagnitude(random, 20, 6_000);
    return [fault, drawFault(fault.kind, { ...draw, atMs: laterMs })];
  }
  return [fault];
};

const pickWeighted = (random: Random, from: readonly FaultKind[]): FaultKind => {
  let left = random.next() * from.reduce((sum, kind) => sum + weights[kind], 0);
  const found = from.find((kind) => {
    left -= weights[kind];
    return left < 0;
  });
  return found ?? pick(random, from);
};

interface Draw {
  readonly atMs: number;
  readonly names: readonly string[];
  readonly random: Random;
  readonly leaderShare: number;
}

const drawFault = (kind: FaultKind, draw: Draw): Fault => {
  const { atMs, names, random, leaderShare } = draw;
  const at = { atMs };
  const host = random.chance(leaderShare) ? leaderName : pick(random, names);
  const span = (lowMs: number, highMs: number): { forMs: number } => ({
    forMs: drawMagnitude(random, lowMs, highMs),
  });
  const [a = host, b = host] = random.chance(leaderShare)
    ? [leaderName, pick(random, names)]
    : shuffle(random, names);
  switch (kind) {
    case 'slowLink': {
      const speed = {
        delayMs: drawMagnitude(random, 5, 3_000),
        bytesPerMs: drawMagnitude(random, 1, 10_000),
      };
      return { kind, ...at, a, b, ...span(1_000, 120_000), ...speed };
    }
    case 'cut':
      return { kind, ...at, from: a, to: b, ...span(200, 120_000) };
    case 'severed':
      return { kind, ...at, a, b, ...span(200, 120_000) };
    case 'partition':
      return { kind, ...at, side: drawSide(draw), ...span(500, 180_000) };
    case 'reset':
      return { kind, ...at, a, b, blind: pick(random, ['none', 'none', 'a', 'b']) };
    case 'swizzle':
      return { kind, ...at, clogs: drawClogs(draw) };
    case 'badFiles': {
      const how = pick(random, ['vanish', 'rot'] as const);
      return {
        kind,
        ...at,
        host,
        share: 0.1 + 0.9 * random.next(),
        how,
        ...{ foundMs: span(500, 60_000).forMs },
      };
    }
    case 'leave':
      return drawLeave(draw, host);
    case 'die':
      return { kind, ...at, host, how: pick(random, ['process', 'machine']) };
    case 'bitFlip':
      return { kind, ...at, host, share: random.next() };
    case 'wallJump':
      return { kind, ...at, host, byMs: random.between(-86_400_000, 86_400_000) };
    case 'unwanted':
      return { kind, ...at, host, count: random.between(1, 30) };
    default:
      return drawSpan(kind, host, draw);
  }
};

type SpanKind = Exclude<
  FaultKind,
  | ('slowLink' | 'cut' | 'severed' | 'partition' | 'reset' | 'swizzle')
  | ('badFiles' | 'leave' | 'die' | 'bitFlip' | 'wallJump' | 'unwanted')
>;

const drawSpan = (kind: SpanKind, host: string, { atMs, names, random }: Draw): Fault => {
  const on = (lowMs: number, highMs: number) => ({ atMs, host, forMs: drawMagnitude(random, lowMs, highMs) });
  switch (kind) {
    case 'pause':
      return { kind, ...on(50, 90_000) };
    case 'crash': {
      const effectsMax = random.chance(0.5) ? { effectsMax: random.between(0, 6) } : {};
      return { kind, ...on(300, 120_000), ...effectsMax };
    }
    case 'powerLoss':
      return { kind, ...on(2_000, 180_000), keptShare: random.next() };
    case 'persistFails':
      return {
        kind,
        ...on(500, 60_000),
        error: pick(random, ['ENOSPC', 'EIO']),
        isFatal: random.chance(0.3),
      };
    case 'slowDisk':
      return { kind, ...on(2_000, 60_000), persistMs: drawMagnitude(random, 10, 3_000) };
    case 'lag':
      return { kind, ...on(2_000, 60_000), lagMs: drawMagnitude(random, 50, 3_000) };
    case 'slowFiles':
      return { kind, ...on(2_000, 120_000), bytesPerMs: drawMagnitude(random, 5, 10_000) };
    case 'badHost':
      return { kind, ...on(2_000, 180_000), trouble: pick(random, hostTroubles), share: random.next() };
    case 'fullDisk':
      return { kind, ...on(2_000, 120_000), freeShare: pick(random, [0.001, 0.015, 0.025, 0.04]) };
    case 'badSandbox':
      return { kind, ...on(2_000, 60_000), prepareShare: random.next(), cleanShare: random.next() };
    case 'speed':
      return { kind, ...on(5_000, 300_000), factor: drawMagnitude(random, 20, 300) / 100 };
    case 'allowance':
      return { kind, ...on(5_000, 180_000), slots: random.between(1, 3) };
    case 'drained':
      return { kind, ...on(1_000, 180_000) };
    case 'evicted':
      return { kind, ...on(1_000, 180_000), by: pick(random, names) };
    case 'wipe':
      return { kind, ...on(2_000, 120_000) };
    case 'clone':
    case 'noServe':
    case 'noRoom':
    case 'noPlans':
      return { kind, ...on(2_000, 90_000) };
  }
};

const drawLeave = ({ atMs, random }: Draw, host: string): Fault => {
  const mode = pick(random, ['drain', 'now'] as const);
  const back = random.chance(0.8) ? { forMs: drawMagnitude(random, 2_000, 180_000) } : {};
  const haste = random.chance(0.4) ? { hasteMs: drawMagnitude(random, 500, 30_000) } : {};
  return { kind: 'leave', atMs, host, mode, ...back, ...haste };
};

/** Any part of the hosts but none and all; sometimes the one that leads alone. */
const drawSide = ({ names, random, leaderShare }: Draw): readonly string[] => {
  if (random.chance(leaderShare)) return [leaderName];
  const mixed = shuffle(random, names);
  return mixed.slice(0, random.between(1, Math.max(1, names.length - 1)));
};

const drawClogs = ({ names, random }: Draw) => {
  const count = random.between(1, names.length);
  const startMs = drawMagnitude(random, 100, 8_000);
  const endMs = drawMagnitude(random, 100, 8_000);
  const places = shuffle(random, names).slice(0, count);
  const ends = shuffle(
    random,
    places.map((_, index) => index),
  );
  const holdMs = count * startMs;
  return places.map((host, index) => {
    const afterMs = Math.round(index * startMs);
    return { host, afterMs, forMs: Math.round(holdMs + ((ends[index] ?? 0) + 1) * endMs - afterMs) };
  });
};
