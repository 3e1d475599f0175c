import { hostTroubles } from '../faults.ts';
import type { Random } from '../random.ts';
import { createStream, drawMagnitude, drawNormal, pick } from './chance.ts';
import type { Fate, HostSpec, PlanSpec, TaskSpec, Word } from './scenario.ts';

const mib = 1024 ** 2;

/** Of the times that are drawn. */
const meanByMedian = 1.7;

/** What all tasks of a seed have in common. */
interface Style {
  readonly hosts: readonly string[];
  readonly medianMs: number;
  readonly mostMs: number;
  /** What is known of the times. */
  readonly estimates: 'exact' | 'noisy' | 'unknown';
  readonly wrongShare: number;
  /** How many tasks have each fate. */
  readonly fates: Readonly<Record<Exclude<Fate['kind'], 'built' | 'flaky'>, number>>;
  readonly reproducible: number;
}

/** The plans of a seed: a ports tree or several, and now and then a scan whose results are tasks of their own. */
export const drawPlans = (
  seed: number,
  hosts: readonly HostSpec[],
  { tasks, calm, wholeMs }: { readonly tasks: number; readonly calm: boolean; readonly wholeMs: number },
): readonly PlanSpec[] => {
  const random = createStream(seed, 'plans');
  const style = drawStyle(random, hosts, { tasks, calm, wholeMs });
  const count = pick(random, [1, 1, 1, 1, 1, 1, 2, 2, 3]);
  return Array.from({ length: count }, (_, index) => {
    const own = createStream(seed, 'plan', index);
    const isScan = own.chance(0.15);
    const size = Math.max(1, Math.round(tasks / count));
    const isEarly = index === 0 && own.chance(0.7);
    const addMs = isEarly ? own.between(0, 5_000) : own.between(0, calm ? 30_000 : 240_000);
    const twin = { host: pick(own, hosts).name, addMs: addMs + drawMagnitude(own, 1, 20_000) };
    return {
      id: `${isScan ? 'scan' : 'build'}${index + 1}`,
      addMs,
      ...(own.chance(0.15) ? { twins: [twin] } : {}),
      host: own.chance(0.6) ? (hosts[0]?.name ?? '') : pick(own, hosts).name,
      ...(own.chance(0.1) ? { platform: hosts[0]?.platform ?? '' } : {}),
      files: !isScan && own.chance(0.75),
      tasks: isScan ? drawScan(own, style, index, size) : drawTree(own, style, index, size),
    };
  });
};

/** A user changes his mind about one of the plans, and mostly changes it back. */
export const drawWords = (
  seed: number,
  hosts: readonly HostSpec[],
  plans: readonly PlanSpec[],
  untilMs: number,
): readonly Word[] => {
  const random = createStream(seed, 'words');
  if (!random.chance(0.2)) return [];
  const plan = pick(random, plans);
  const words: Word[] = [];
  let atMs = plan.addMs;
  for (let count = pick(random, [1, 1, 2]); count > 0; count--) {
    atMs += random.between(500, Math.max(1_000, untilMs / 3));
    const mode = pick(random, ['drain', 'now'] as const);
    words.push({ kind: 'stop', atMs, host: pick(random, hosts).name, plan: plan.id, mode });
    if (count === 1 && random.chance(0.15)) break;
    atMs += drawMagnitude(random, 100, 60_000);
    words.push({ kind: 'resume', atMs, host: pick(random, hosts).name, plan: plan.id });
  }
  return words;
};

/** A user wants some of what failed tried again, once or more often, and mostly all of it. */
export const drawRetries = (
  seed: number,
  hosts: readonly HostSpec[],
  plans: readonly PlanSpec[],
  untilMs: number,
): { readonly plans: readonly PlanSpec[]; readonly words: readonly Word[] } => {
  const random = createStream(seed, 'retries');
  if (!random.chance(0.3)) return { plans, words: [] };
  const { id: plan, addMs, tasks } = pick(random, plans);
  const share = 0.3 * random.next();
  const words = Array.from({ length: random.between(1, 3) }, (): Word => {
    const some = tasks.filter(() => random.chance(0.3)).map(({ name }) => name);
    return {
      ...{ kind: 'retry', plan, atMs: addMs + drawMagnitude(random, 2_000, untilMs) },
      ...{ host: pick(random, hosts).name, tasks: random.chance(0.7) ? 'all' : some },
    };
  });
  const spoil = (task: TaskSpec): TaskSpec => {
    const times = random.between(1, 2);
    return random.chance(share) && task.fate.kind === 'built'
      ? { ...task, fate: { kind: 'flaky', times } }
      : task;
  };
  return {
    plans: plans.map((each) => (each.id === plan ? { ...each, tasks: tasks.map(spoil) } : each)),
    words,
  };
};

/** So long that all of it takes about `wholeMs` on the hosts that there are. */
const drawStyle = (
  random: Random,
  hosts: readonly HostSpec[],
  { tasks, calm, wholeMs }: { readonly tasks: number; readonly calm: boolean; readonly wholeMs: number },
): Style => {
  const power = hosts.reduce((sum, { slots, speed }) => sum + slots * speed, 0);
  const fitMs = (wholeMs * power) / (meanByMedian * Math.max(1, tasks));
  const some = (share: number): number => (random.chance(0.4) ? share * random.next() : 0);
  return {
    hosts: hosts.map(({ name }) => name),
    medianMs: Math.max(3_000, Math.min(120_000, fitMs)),
    mostMs: Math.min(1_200_000, wholeMs / 3),
    estimates: pick(random, ['exact', 'noisy', 'noisy', 'unknown']),
    wrongShare: some(0.3),
    fates: calm
      ? { fails: 0, troubled: 0, misfit: 0, hungry: 0, greedy: 0, hangs: 0 }
      : {
          ...{ fails: some(0.2), troubled: some(0.2), misfit: some(0.2) },
          ...{ hungry: some(0.15), greedy: some(0.05), hangs: some(0.05) },
        },
    reproducible: random.next(),
  };
};

/** Most tasks need a few of the early ones. */
const drawTree = (random: Random, style: Style, plan: number, size: number): readonly TaskSpec[] =>
  Array.from({ length: size }, (_, index) => {
    const count = Math.min(index, random.between(0, 4));
    const needs = Array.from({ length: count }, () => Math.floor(random.next() * random.next() * index));
    const names = [...new Set(needs)].sort((a, b) => a - b).map((need) => `p${plan}-${need}`);
    return drawTask(random, style, `p${plan}-${index}`, names);
  });

/** Batches, of which some find more to scan. */
const drawScan = (random: Random, style: Style, plan: number, size: number): readonly TaskSpec[] => {
  const count = Math.max(1, Math.ceil(size / 3));
  return Array.from({ length: count }, (_, index) => {
    const adds = Array.from({ length: random.between(0, 4) }, (_each, number) => {
      const isSecond = random.chance(0.2);
      const task = drawTask(random, style, `s${plan}-${index}-${number}`, []);
      return isSecond
        ? { ...task, adds: [drawTask(random, style, `s${plan}-${index}-${number}-more`, [])] }
        : task;
    });
    return { ...drawTask(random, style, `s${plan}-${index}`, []), adds };
  });
};

const drawTask = (random: Random, style: Style, name: string, needs: readonly string[]): TaskSpec => {
  const drawnMs = style.medianMs * Math.exp(1.05 * drawNormal(random));
  const wallMs = Math.min(style.mostMs, Math.max(2_000, drawnMs));
  const serialShare = 0.3 + 0.7 * random.next();
  const serialMs = Math.round(wallMs * serialShare);
  return {
    ...{ name, needs },
    estimateMs: drawEstimate(random, style, wallMs),
    serialMs,
    parallelMs: Math.round((wallMs - serialMs) * 2),
    jobsSafe: random.chance(0.9),
    weight: random.chance(0.97) ? 100 : 10_000,
    diskBytes: random.chance(0.3) ? 0 : drawMagnitude(random, 10 * mib, 8_000 * mib),
    memoryBytes: random.chance(0.3) ? 0 : drawMagnitude(random, 50 * mib, 6_000 * mib),
    sizeBytes: drawMagnitude(random, 1_000, 300_000_000),
    reproducible: random.chance(style.reproducible),
    fate: drawFate(random, style),
    adds: [],
  };
};

const drawEstimate = (random: Random, { estimates, wrongShare }: Style, wallMs: number): number => {
  const isWrong = random.chance(wrongShare);
  const noise = Math.exp(0.6 * drawNormal(random));
  if (isWrong) return Math.max(1, Math.round(wallMs * pick(random, [0.05, 0.1, 10, 20])));
  switch (estimates) {
    case 'exact':
      return Math.round(wallMs);
    case 'noisy':
      return Math.max(1, Math.round(wallMs * noise));
    case 'unknown':
      return 60_000;
  }
};

const drawFate = (random: Random, { fates, hosts }: Style): Fate => {
  let share = random.next();
  const isNext = (of: number): boolean => {
    share -= of;
    return share < 0;
  };
  const trouble = pick(random, hostTroubles);
  const times = random.between(1, 4);
  if (isNext(fates.fails)) return { kind: 'fails' };
  if (isNext(fates.troubled)) return { kind: 'troubled', trouble, times };
  if (isNext(fates.misfit)) return { kind: 'misfit', trouble, hosts: hosts.filter(() => random.chance(0.4)) };
  if (isNext(fates.hungry)) return { kind: 'hungry' };
  if (isNext(fates.greedy)) return { kind: 'greedy' };
  if (isNext(fates.hangs)) return { kind: 'hangs', afterMs: drawMagnitude(random, 5_000, 120_000), times };
  return { kind: 'built' };
};
