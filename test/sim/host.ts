import { createAgent, handle } from '../../src/core/agent.ts';
import type { Resources } from '../../src/core/dispatch/ledger.ts';
import type { Effect, PlanEnding } from '../../src/core/effect.ts';
import { type Entry, type Fact, isFact } from '../../src/core/facts/fact.ts';
import type { PlanId, SlotName } from '../../src/core/ids.ts';
import { isSameLife, lifeKey, parseToken, slotName } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import type { Limits } from '../../src/core/limits.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import type { Plan } from '../../src/core/plan.ts';
import { loneMesh, makeLife } from '../core/lives.ts';
import { createBooks, createPlaces, demand } from './books.ts';
import { createDisk } from './disk.ts';
import type { Faults } from './faults.ts';
import type { Fates } from './fortunes.ts';
import { createFortunes } from './fortunes.ts';
import type { Random } from './random.ts';

/** One simulated host: the real core, a virtual clock, and a shell that checks every effect that it is asked for. */
export interface Host {
  /** Durable: survive a crash. */
  readonly entries: Entry[];
  /** Those of them that are facts. */
  readonly facts: readonly Fact[];
  /** `plan task` of every start. */
  readonly starts: string[];
  /** What some tasks are bound to. */
  readonly fates: Fates;
  /** The plans that have ended. */
  readonly ended: Map<PlanId, PlanEnding>;
  nowMs: number;
  state: ReturnType<typeof createAgent>;
  /** How many slots hold something now, those that were retired left out. */
  countUsed(): number;
  /** Hands an event in and carries out the effects, all of them or the first `effectsMax`. */
  feed(event: Event, effectsMax?: number): void;
  /** The next answer, measure or wake; false when nothing is outstanding. */
  advance(effectsMax?: number): boolean;
  /** The agent dies and starts again: only entries are left, the sandboxes are swept. */
  restart(): void;
  /** Adds the plans in their order, each with the entries that are known of it. */
  addPlans(): void;
  /** The agent's part of the host changes, to any number of runs from 1; a restart makes it whole again. */
  allow(slots: number): void;
  /** True when every plan has ended. */
  isOver(): boolean;
}

export interface HostOptions {
  /** By id. */
  readonly plans: ReadonlyMap<PlanId, Plan>;
  /** How many run at a time. */
  readonly slots: number;
  readonly spare: number;
  readonly random: Random;
  readonly faults: Faults;
  readonly limits?: Partial<Limits>;
  readonly workMemoryBytes?: number;
}

const cores = 8;
const memoryBytes = 16 * 1024 ** 3;

export const createHost = (options: HostOptions): Host => {
  const { plans, slots, spare, random, faults, workMemoryBytes = 0 } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const books = createBooks(plans);
  const disk = createDisk(random, faults.floods);
  const fortunes = createFortunes(books, random, faults);
  let shell = createPlaces();
  let answers: { readonly atMs: number; readonly event: Event }[] = [];
  let incarnation = 0;
  let allowed = { slots, cores };
  let resources: Resources | undefined;
  let lastOrder = 0;
  let isSweeping = false;

  const answer = (afterMs: number, event: Event): void => {
    answers.push({ atMs: self.nowMs + afterMs, event });
    if (random.chance(faults.double))
      answers.push({ atMs: self.nowMs + afterMs + random.between(0, 400), event });
  };

  /** Answers a command about a slot: in time, or, when it hangs, after the core has stopped waiting. */
  const answerCommand = (order: number, afterMs: number, hangMs: number, event: Event): void => {
    demand(order > lastOrder, `command ${order} is given after ${lastOrder}`);
    lastOrder = order;
    answer(random.chance(faults.hang) ? hangMs + random.between(1, 1_000) : afterMs, event);
  };

  const measure = (): Resources => {
    const held = shell.running().reduce((sum, { task, work }) => {
      return sum + (work.kind === 'disk' ? task.diskBytes : 0);
    }, 0);
    const diskFreeBytes = disk.measure(self.nowMs, held);
    return { memoryBytes, memoryAvailableBytes: memoryBytes, diskFreeBytes, diskTotalBytes: disk.totalBytes };
  };

  const start = (effect: Extract<Effect, { kind: 'start' }>): void => {
    const running = shell.running();
    const ground = { running, facts: self.facts, allowed, resources, workMemoryBytes, limits };
    const run = books.begin(effect, ground);
    shell.move(effect.slot, ['ready'], { kind: 'running', run });
    self.starts.push(run.key);
    const result = fortunes.draw(run, effect.jobs);
    answer(random.between(1, 500), { kind: 'runEnded', slot: effect.slot, token: run.token, result });
  };

  const cancel = ({ slot, token, reason }: Extract<Effect, { kind: 'cancel' }>): void => {
    const place = shell.get(slot);
    if (place.kind !== 'running' || place.run.token !== token) {
      demand(false, `${slot} is cancelled but does not run that`);
      return;
    }
    const others = shell.running().filter((run) => run !== place.run && !run.cancelled);
    demand(!reason.includes('disk') || others.length > 0, `the last run, on ${slot}, is ended for the disk`);
    demand(!place.run.cancelled, `${slot} is cancelled twice`);
    place.run.cancelled = true;
    const result = { kind: 'trouble', trouble: 'killed', detail: 'cancelled' } as const;
    answer(5, { kind: 'runEnded', slot, token, result });
  };

  const prepare = ({ slot, order }: Extract<Effect, { kind: 'prepare' }>): void => {
    shell.move(slot, ['nothing'], { kind: 'preparing', order });
    const event: Event = random.chance(faults.prepare)
      ? { kind: 'slotNotPrepared', slot, order, reason: 'simulated' }
      : { kind: 'slotPrepared', slot, order };
    answerCommand(order, 20, limits.prepareMaxMs, event);
  };

  const clean = ({ slot, order }: Extract<Effect, { kind: 'clean' }>): void => {
    shell.move(slot, ['ready', 'dirty'], { kind: 'cleaning', order });
    const event: Event = random.chance(faults.clean)
      ? { kind: 'slotNotCleaned', slot, order, reason: 'simulated' }
      : { kind: 'slotCleaned', slot, order };
    answerCommand(order, 30, limits.cleanMaxMs, event);
  };

  const sweep = (): void => {
    demand(!isSweeping, 'a sweep is asked for while one goes on');
    isSweeping = true;
    const lost = [...shell.places].flatMap(([slot, { kind }]) => (kind === 'lost' ? [slot] : []));
    answer(50, { kind: 'swept', clean: lost.filter(() => random.chance(0.7)) });
  };

  const persist = (entry: Entry): void => {
    const { planId, task, origin, seq, outcome, jobs } = entry;
    const before = self.entries.filter(
      (other) => other.planId === planId && isSameLife(other.origin, origin),
    );
    demand(seq === before.length + 1, `entry ${seq} of ${lifeKey(origin)} comes after ${before.length}`);
    self.entries.push(entry);
    const ranOut = outcome.kind === 'troubled' && outcome.trouble === 'out-of-memory';
    if (ranOut) books.noteMemory(`${planId} ${task}`, jobs);
  };

  const perform = (effect: Effect): void => {
    switch (effect.kind) {
      case 'persist':
        for (const entry of effect.entries) persist(entry);
        break;
      case 'announce':
        for (const fact of effect.facts)
          demand(self.entries.includes(fact), `${fact.task} is told, not kept`);
        break;
      case 'prepare':
        prepare(effect);
        break;
      case 'clean':
        clean(effect);
        break;
      case 'start':
        start(effect);
        break;
      case 'cancel':
        cancel(effect);
        break;
      case 'retire':
        shell.move(effect.slot, ['dirty', 'preparing', 'cleaning'], { kind: 'lost' });
        demand(!shell.places.has(effect.replacement), `${effect.replacement} had been used before`);
        break;
      case 'sweep':
        sweep();
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
      case 'keep':
      case 'send':
      case 'closeSession':
      case 'fetchPlan':
      case 'fetchFile':
      case 'dropFile':
        demand(false, `${effect.kind} is asked of a host that has no others`);
    }
  };

  /** The shell's own books move when an answer is on its way in, if it is the one that is waited for. */
  const arrive = (event: Event): Event => {
    switch (event.kind) {
      case 'slotPrepared':
      case 'slotNotPrepared':
      case 'slotCleaned':
      case 'slotNotCleaned': {
        const place = shell.get(event.slot);
        if ((place.kind === 'preparing' || place.kind === 'cleaning') && place.order === event.order) {
          shell.places.set(event.slot, { kind: afterAnswer[event.kind] });
        }
        return event;
      }
      case 'runEnded':
        return arriveEnd(event);
      case 'resources':
        resources = measure();
        return { kind: 'resources', resources };
      case 'swept':
        isSweeping = false;
        for (const slot of event.clean) if (shell.get(slot).kind === 'lost') shell.places.delete(slot);
        return event;
      default:
        return event;
    }
  };

  /** A disk that is full as a run ends has become the end of the run. */
  const arriveEnd = (event: Extract<Event, { kind: 'runEnded' }>): Event => {
    const place = shell.get(event.slot);
    if (place.kind !== 'running' || place.run.token !== event.token) return event;
    const isFull = measure().diskFreeBytes === 0 && !place.run.cancelled;
    shell.places.set(event.slot, { kind: 'dirty' });
    if (isFull) return { ...event, result: { kind: 'trouble', trouble: 'disk-full', detail: 'simulated' } };
    return event;
  };

  /** However many were lost, the host has as many places as it was given. */
  const demandCapacity = (): void => {
    const live = self.state.pool.slots.filter(({ state }) => state.kind !== 'retired');
    demand(live.length === slots + spare, `${live.length} places of ${slots + spare}`);
  };

  const self: Host = {
    entries: [],
    get facts() {
      return this.entries.filter(isFact);
    },
    starts: [],
    fates: fortunes.fates,
    ended: new Map(),
    nowMs: 0,
    state: createAgent(limits),
    countUsed: () => shell.countUsed(),
    feed: (event, effectsMax) => {
      const now = { now: self.nowMs, wall: 1e12 + self.nowMs };
      const effects = handle(self.state, arrive(event), now);
      for (const effect of effects.slice(0, effectsMax)) perform(effect);
      demandCapacity();
    },
    advance: (effectsMax) => {
      const next = answers.reduce<(typeof answers)[number] | undefined>(
        (first, each) => (first === undefined || each.atMs < first.atMs ? each : first),
        undefined,
      );
      if (next === undefined) return false;
      answers.splice(answers.indexOf(next), 1);
      self.nowMs = Math.max(self.nowMs, next.atMs);
      if (next.event.kind === 'resources') {
        answers.push({ atMs: self.nowMs + disk.findPauseMs(self.nowMs), event: next.event });
      }
      self.feed(next.event, effectsMax);
      return true;
    },
    restart: () => {
      incarnation += 1;
      answers = [];
      allowed = { slots, cores };
      shell = createPlaces();
      resources = undefined;
      lastOrder = 0;
      isSweeping = false;
      self.ended.clear();
      self.state = createAgent(limits);
      const names: SlotName[] = Array.from({ length: slots + spare }, (_, index) =>
        slotName(`build-${index + 1}`),
      );
      const ballotN = Math.max(0, ...self.entries.map(({ token }) => parseToken(token)?.n ?? 0));
      const host = { life: makeLife('h1', incarnation), slots: names, runs: slots, cores, workMemoryBytes };
      self.feed({ kind: 'booted', ...host, seed: incarnation, mesh: { ...loneMesh, ballotN } });
      if (faults.floods > 0)
        answers.push({ atMs: self.nowMs, event: { kind: 'resources', resources: measure() } });
    },
    allow: (some) => {
      allowed = { slots: Math.min(slots, some), cores: Math.max(1, Math.floor((cores * some) / slots)) };
      self.feed({ kind: 'allowance', slots: some, cores: allowed.cores });
    },
    addPlans: () => {
      for (const [id, plan] of plans) {
        if (self.ended.get(id) === 'complete') continue;
        self.ended.delete(id);
        const entries = self.entries.filter((entry) => entry.planId === id);
        self.feed({ kind: 'planAdded', planId: id, plan, entries });
      }
    },
    isOver: () => [...plans.keys()].every((id) => self.ended.has(id)),
  };
  self.restart();
  return self;
};

const afterAnswer = {
  slotPrepared: 'ready',
  slotNotPrepared: 'nothing',
  slotCleaned: 'nothing',
  slotNotCleaned: 'dirty',
} as const;
