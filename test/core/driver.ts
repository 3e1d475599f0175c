import type { AgentState, LimitsChange } from '../../src/core/agent.ts';
import { createAgent, handle } from '../../src/core/agent.ts';
import type { Resources } from '../../src/core/dispatch/ledger.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { Entry, Outcome } from '../../src/core/facts/fact.ts';
import type { Trouble } from '../../src/core/failure/trouble.ts';
import type { Token } from '../../src/core/ids.ts';
import { planId, slotName } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import type { Limits } from '../../src/core/limits.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { Slot } from '../../src/core/slot/slot.ts';
import { loneMesh, makeLife } from './lives.ts';

/** An agent that a test leads by the hand: every event is sent by the test, every effect seen. */
export interface Driver {
  readonly state: AgentState;
  nowMs: number;
  send(event: Event): readonly Effect[];
  add(plan: Plan, name?: string, entries?: readonly Entry[]): readonly Effect[];
  /** Answers every sandbox that is being made, until all that are wanted are there. */
  prepareAll(): readonly Effect[];
  slot(name: string): Slot;
  /** Of what runs on a slot; throws where nothing does. */
  token(slot: string): Token;
  /** Ends what runs on a slot. */
  endRun(slot: string, outcome: Outcome): readonly Effect[];
  /** The same, and answers the clean-up of the slot. */
  end(slot: string, outcome: Outcome): readonly Effect[];
  trouble(slot: string, trouble: Trouble, stage?: string): readonly Effect[];
  /** Answers the command that the slot waits for now. */
  prepare(slot: string): readonly Effect[];
  missPrepare(slot: string): readonly Effect[];
  clean(slot: string): readonly Effect[];
  missClean(slot: string): readonly Effect[];
  /** The host is measured: it has plenty of everything but of what is given. */
  measure(more: Partial<Resources>): readonly Effect[];
  tick(atMs: number): readonly Effect[];
  /** `slot: task` of everything that runs. */
  running(): readonly string[];
}

const gib = 1024 ** 3;
const ample: Resources = {
  memoryBytes: 64 * gib,
  memoryAvailableBytes: 64 * gib,
  diskFreeBytes: 900 * gib,
  diskTotalBytes: 1000 * gib,
};

/** No wake for sweeps and hanging slots comes between the effects that a test looks at, unless it wants one. */
const quiet: Partial<Limits> = {
  sweepEveryMs: Number.POSITIVE_INFINITY,
  prepareMaxMs: Number.POSITIVE_INFINITY,
  cleanMaxMs: Number.POSITIVE_INFINITY,
};

/** The number of the command that a slot waits for; one that was never given when it waits for none. */
const findOrder = (state: AgentState, slot: string): number => {
  const found = state.pool.slots.find(({ name }) => name === slot)?.state;
  return found?.kind === 'preparing' || found?.kind === 'cleaning' ? found.order : 0;
};

/** What an agent of a test may have beside its slots. */
interface DriverOptions extends LimitsChange {
  readonly spare?: number;
  readonly workMemoryBytes?: number;
}

export const createDriver = (slots: number, options: DriverOptions = {}, cores = 8): Driver => {
  const { spare = 0, workMemoryBytes = 0, ...limits } = options;
  const state = createAgent({ ...quiet, ...limits });
  const slotOf = (name: string): Slot => {
    const found = state.pool.slots.find((slot) => slot.name === name);
    if (found === undefined) throw new Error(`there is no slot ${name}`);
    return found;
  };
  const tokenOn = (slot: string): Token => {
    const found = slotOf(slot).state;
    if (found.kind !== 'running') throw new Error(`nothing runs on ${slot}`);
    return found.run.token;
  };
  const self: Driver = {
    state,
    nowMs: 0,
    send: (event) => handle(state, event, { now: self.nowMs, wall: 1_000_000 + self.nowMs }),
    add: (plan, name = 'plan', entries = []) =>
      self.send({ kind: 'planAdded', planId: planId(name), plan, entries }),
    prepareAll: () => {
      const effects: Effect[] = [];
      for (;;) {
        const slot = state.pool.slots.find(({ state: { kind } }) => kind === 'preparing');
        if (slot === undefined) return effects;
        effects.push(...self.prepare(slot.name));
      }
    },
    slot: slotOf,
    token: tokenOn,
    endRun: (slot, outcome) => {
      const result = { kind: 'ended', outcome, steps: [], cpuMs: 0, diskBytes: 0, memoryBytes: 0 } as const;
      return self.send({ kind: 'runEnded', slot: slotName(slot), token: tokenOn(slot), result });
    },
    end: (slot, outcome) => [...self.endRun(slot, outcome), ...self.clean(slot)],
    trouble: (slot, trouble, stage) => {
      const name = slotName(slot);
      const result = { kind: 'trouble', trouble, detail: 'as the test wants', stage } as const;
      return [
        ...self.send({ kind: 'runEnded', slot: name, token: tokenOn(name), result }),
        ...self.clean(slot),
      ];
    },
    prepare: (slot) =>
      self.send({ kind: 'slotPrepared', slot: slotName(slot), order: findOrder(state, slot) }),
    missPrepare: (slot) =>
      self.send({
        kind: 'slotNotPrepared',
        slot: slotName(slot),
        order: findOrder(state, slot),
        reason: 'no mount',
      }),
    clean: (slot) => self.send({ kind: 'slotCleaned', slot: slotName(slot), order: findOrder(state, slot) }),
    missClean: (slot) =>
      self.send({
        kind: 'slotNotCleaned',
        slot: slotName(slot),
        order: findOrder(state, slot),
        reason: 'busy',
      }),
    measure: (more) => self.send({ kind: 'resources', resources: { ...ample, ...more } }),
    tick: (atMs) => {
      self.nowMs = atMs;
      return self.send({ kind: 'tick' });
    },
    running: () =>
      state.pool.slots.flatMap(({ name, state: slot }) =>
        slot.kind === 'running' ? [`${name}: ${slot.run.name}`] : [],
      ),
  };
  const names = Array.from({ length: slots + spare }, (_, index) => slotName(`build-${index + 1}`));
  const host = { life: makeLife('h1'), runs: slots, cores, workMemoryBytes };
  self.send({ kind: 'booted', ...host, slots: names, seed: 1, mesh: loneMesh });
  return self;
};

/** The kinds of effects, in order. */
export const kindsOf = (effects: readonly Effect[]): readonly string[] => effects.map(({ kind }) => kind);
