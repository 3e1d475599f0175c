import { createAgent, handle } from '../../src/core/agent.ts';
import type { Effect, PlanEnding } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { Trouble } from '../../src/core/failure/trouble.ts';
import type { PlanId, SlotName, TaskName, Token } from '../../src/core/ids.ts';
import { hostId, slotName } from '../../src/core/ids.ts';
import type { Event, RunResult } from '../../src/core/input.ts';
import type { Limits } from '../../src/core/limits.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { Random } from './random.ts';

/** How often things go wrong, each as a share of the cases. */
export interface Faults {
  readonly trouble: number;
  readonly prepare: number;
  readonly clean: number;
  /** Answers that come a second time, later. */
  readonly double: number;
  /** Packages whose build fails, by their own doing, whenever it is tried. */
  readonly failing: number;
  /** Packages that meet trouble whenever they are tried. */
  readonly hopeless: number;
}

/** What the simulated shell knows of a slot, independently of the core. */
type Place =
  | { readonly kind: 'nothing' | 'preparing' | 'ready' | 'cleaning' | 'dirty' }
  | { readonly kind: 'running'; readonly key: string; readonly token: Token };

/** One simulated host: the real core, a virtual clock, and a shell that checks every effect that it is asked for. */
export interface Host {
  /** Durable: survives a crash. */
  readonly facts: Fact[];
  /** `plan task` of every start. */
  readonly starts: string[];
  /** The plans that have ended. */
  readonly ended: Map<PlanId, PlanEnding>;
  nowMs: number;
  state: ReturnType<typeof createAgent>;
  /** How many slots hold something now, those that were retired left out. */
  countUsed(): number;
  /** Hands an event in and carries out the effects, all of them or the first `effectsMax`. */
  feed(event: Event, effectsMax?: number): void;
  /** The next answer or wake; false when nothing is outstanding. */
  advance(effectsMax?: number): boolean;
  /** The agent dies and starts again: only facts are left, the sandboxes are swept. */
  restart(): void;
  /** Adds the plans in their order, each with the facts that are known of it. */
  addPlans(): void;
  /** The agent's part of the host changes, to any number of slots from 1; a restart makes it whole again. */
  allow(slots: number): void;
  /** True when every plan has ended. */
  isOver(): boolean;
}

export interface HostOptions {
  /** By id. */
  readonly plans: ReadonlyMap<PlanId, Plan>;
  readonly slots: number;
  readonly random: Random;
  readonly faults: Faults;
  readonly limits?: Partial<Limits>;
}

const host = hostId('h1');
const cores = 8;
const troubles: readonly Trouble[] = [
  'disk-full',
  'sandbox',
  'network',
  'hook',
  'missing-dependency',
  'killed',
  'lost',
  'internal',
];

/** Thrown when the core asks for something that may never happen. */
class Violation extends Error {}

const demand = (condition: boolean, message: string): void => {
  if (!condition) throw new Violation(message);
};

const keyOf = (plan: PlanId, task: TaskName): string => `${plan} ${task}`;

export const createHost = ({ plans, slots, random, faults, limits }: HostOptions): Host => {
  const needs = new Map(
    [...plans].flatMap(([id, { tasks }]) => tasks.map((task) => [keyOf(id, task.name), task.needs] as const)),
  );
  const draw = (share: number): Set<string> => new Set([...needs.keys()].filter(() => random.chance(share)));
  const failing = draw(faults.failing);
  const hopeless = draw(faults.hopeless);
  const places = new Map<SlotName, Place>();
  let answers: { readonly atMs: number; readonly event: Event }[] = [];
  let incarnation = 0;
  let allowed = { slots, cores };
  /** Of all lives. */
  const tokens = new Set<Token>();

  const answer = (afterMs: number, event: Event): void => {
    answers.push({ atMs: self.nowMs + afterMs, event });
    if (random.chance(faults.double))
      answers.push({ atMs: self.nowMs + afterMs + random.between(0, 400), event });
  };

  const move = (slot: SlotName, from: readonly Place['kind'][], to: Place): void => {
    const { kind } = places.get(slot) ?? { kind: 'nothing' };
    demand(from.includes(kind), `slot ${slot} is ${kind} and is to be ${to.kind}`);
    places.set(slot, to);
  };

  const start = ({ slot, planId, task, token, jobs }: Extract<Effect, { kind: 'start' }>): void => {
    const key = keyOf(planId, task);
    const known = self.facts.filter((fact) => fact.planId === planId);
    const isBuilt = (name: TaskName): boolean =>
      known.some((fact) => fact.task === name && fact.outcome.kind === 'built');
    demand((needs.get(key) ?? []).every(isBuilt), `${task} starts before what it needs is built`);
    demand(!known.some((fact) => fact.task === task), `${task} starts though it has its end`);
    const twin = [...places.values()].some((place) => place.kind === 'running' && place.key === key);
    demand(!twin, `${task} runs twice`);
    demand(!tokens.has(token), `token ${token} is used twice`);
    demand(jobs >= 1 && Number.isInteger(jobs), `${task} gets ${jobs} jobs`);
    demand(jobs <= allowed.cores, `${task} gets ${jobs} jobs of ${allowed.cores} cores`);
    const running = [...places.values()].filter((place) => place.kind === 'running').length;
    demand(running < allowed.slots, `${task} starts as one more than the ${allowed.slots} allowed`);
    tokens.add(token);
    move(slot, ['ready'], { kind: 'running', key, token });
    self.starts.push(key);
    answer(random.between(1, 500), { kind: 'runEnded', slot, token, result: drawResult(key) });
  };

  const drawResult = (key: string): RunResult => {
    if (hopeless.has(key) || random.chance(faults.trouble)) {
      const trouble = troubles[random.between(0, troubles.length - 1)] ?? 'internal';
      return { kind: 'trouble', trouble, detail: 'simulated' };
    }
    const outcome = failing.has(key)
      ? ({ kind: 'failed', class: 'package', stage: 'build', reason: 'simulated' } as const)
      : ({ kind: 'built', digest: 'sha256:0', sizeBytes: 1 } as const);
    return { kind: 'ended', outcome, steps: [], cpuMs: 1, diskBytes: 0, memoryBytes: 0 };
  };

  const perform = (effect: Effect): void => {
    switch (effect.kind) {
      case 'persist':
        self.facts.push(...effect.facts);
        break;
      case 'announce':
        for (const fact of effect.facts) demand(self.facts.includes(fact), `${fact.task} is told, not kept`);
        break;
      case 'prepare': {
        const { slot } = effect;
        move(slot, ['nothing'], { kind: 'preparing' });
        const works = !random.chance(faults.prepare);
        answer(
          20,
          works ? { kind: 'slotPrepared', slot } : { kind: 'slotNotPrepared', slot, reason: 'simulated' },
        );
        break;
      }
      case 'clean': {
        const { slot } = effect;
        move(slot, ['ready', 'dirty'], { kind: 'cleaning' });
        const works = !random.chance(faults.clean);
        answer(
          30,
          works ? { kind: 'slotCleaned', slot } : { kind: 'slotNotCleaned', slot, reason: 'simulated' },
        );
        break;
      }
      case 'start':
        start(effect);
        break;
      case 'cancel': {
        const { slot, token } = effect;
        const place = places.get(slot);
        demand(place?.kind === 'running' && place.token === token, `${slot} is cancelled but does not run`);
        const result: RunResult = { kind: 'trouble', trouble: 'killed', detail: 'cancelled' };
        answer(5, { kind: 'runEnded', slot, token, result });
        break;
      }
      case 'retire':
        move(effect.slot, ['dirty'], { kind: 'nothing' });
        demand(!places.has(effect.replacement), `${effect.replacement} had been used before`);
        break;
      case 'planEnded':
        demand(!self.ended.has(effect.planId), `${effect.planId} ended twice`);
        self.ended.set(effect.planId, effect.ending);
        demand(!self.isOver() || self.countUsed() === 0, 'all plans ended and something is left on the host');
        break;
      case 'wake':
        answers = answers.filter(({ event }) => event.kind !== 'tick');
        answers.push({ atMs: effect.at, event: { kind: 'tick' } });
        break;
      case 'note':
        break;
    }
  };

  /** The shell's own books move when an answer is on its way in, if it is the first of its kind. */
  const arrive = (event: Event): void => {
    if (event.kind === 'slotPrepared' && places.get(event.slot)?.kind === 'preparing') {
      places.set(event.slot, { kind: 'ready' });
    } else if (event.kind === 'slotNotPrepared' && places.get(event.slot)?.kind === 'preparing') {
      places.set(event.slot, { kind: 'nothing' });
    } else if (event.kind === 'slotCleaned' && places.get(event.slot)?.kind === 'cleaning') {
      places.set(event.slot, { kind: 'nothing' });
    } else if (event.kind === 'slotNotCleaned' && places.get(event.slot)?.kind === 'cleaning') {
      places.set(event.slot, { kind: 'dirty' });
    } else if (event.kind === 'runEnded') {
      const place = places.get(event.slot);
      if (place?.kind === 'running' && place.token === event.token) places.set(event.slot, { kind: 'dirty' });
    }
  };

  const self: Host = {
    facts: [],
    starts: [],
    ended: new Map(),
    nowMs: 0,
    state: createAgent(limits),
    countUsed: () => [...places.values()].filter(({ kind }) => kind !== 'nothing').length,
    feed: (event, effectsMax) => {
      arrive(event);
      const effects = handle(self.state, event, { now: self.nowMs, wall: 1e12 + self.nowMs });
      for (const effect of effects.slice(0, effectsMax)) perform(effect);
    },
    advance: (effectsMax) => {
      const next = answers.reduce<(typeof answers)[number] | undefined>(
        (first, each) => (first === undefined || each.atMs < first.atMs ? each : first),
        undefined,
      );
      if (next === undefined) return false;
      answers.splice(answers.indexOf(next), 1);
      self.nowMs = Math.max(self.nowMs, next.atMs);
      self.feed(next.event, effectsMax);
      return true;
    },
    restart: () => {
      incarnation += 1;
      answers = [];
      allowed = { slots, cores };
      places.clear();
      self.ended.clear();
      self.state = createAgent(limits);
      const names = Array.from({ length: slots }, (_, index) => slotName(`build-${index + 1}`));
      self.feed({ kind: 'booted', life: { host, incarnation }, slots: names, cores });
    },
    allow: (some) => {
      allowed = { slots: some, cores: Math.max(1, Math.floor((cores * some) / slots)) };
      self.feed({ kind: 'allowance', ...allowed });
    },
    addPlans: () => {
      for (const [id, plan] of plans) {
        if (self.ended.get(id) === 'complete') continue;
        self.ended.delete(id);
        const facts = self.facts.filter((fact) => fact.planId === id);
        self.feed({ kind: 'planAdded', planId: id, plan, facts });
      }
    },
    isOver: () => [...plans.keys()].every((id) => self.ended.has(id)),
  };
  self.restart();
  return self;
};
