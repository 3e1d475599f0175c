import type { AgentState } from '../../src/core/agent.ts';
import { createAgent, handle } from '../../src/core/agent.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { Fact, Outcome } from '../../src/core/facts/fact.ts';
import type { Trouble } from '../../src/core/failure/trouble.ts';
import type { SlotName } from '../../src/core/ids.ts';
import { hostId, planId, slotName } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import type { Limits } from '../../src/core/limits.ts';
import type { Plan } from '../../src/core/plan.ts';

/** An agent that a test leads by the hand: every event is sent by the test, every effect seen. */
export interface Driver {
  readonly state: AgentState;
  nowMs: number;
  send(event: Event): readonly Effect[];
  add(plan: Plan, name?: string, facts?: readonly Fact[]): readonly Effect[];
  /** Answers every sandbox that is being made, until all that are wanted are there. */
  prepareAll(): readonly Effect[];
  /** Ends what runs on a slot, and answers its clean-up. */
  end(slot: string, outcome: Outcome): readonly Effect[];
  trouble(slot: string, trouble: Trouble): readonly Effect[];
  clean(slot: string): readonly Effect[];
  tick(atMs: number): readonly Effect[];
  /** `slot: task` of everything that runs. */
  running(): readonly string[];
}

export const createDriver = (slots: number, limits: Partial<Limits> = {}, cores = 8): Driver => {
  const state = createAgent(limits);
  const tokenOn = (slot: SlotName) => {
    const found = state.pool.slots.find(({ name }) => name === slot)?.state;
    if (found?.kind !== 'running') throw new Error(`nothing runs on ${slot}`);
    return found.run.token;
  };
  const self: Driver = {
    state,
    nowMs: 0,
    send: (event) => handle(state, event, { now: self.nowMs, wall: 1_000_000 + self.nowMs }),
    add: (plan, name = 'plan', facts = []) =>
      self.send({ kind: 'planAdded', planId: planId(name), plan, facts }),
    prepareAll: () => {
      const effects: Effect[] = [];
      for (;;) {
        const slot = state.pool.slots.find(({ state: { kind } }) => kind === 'preparing');
        if (slot === undefined) return effects;
        effects.push(...self.send({ kind: 'slotPrepared', slot: slot.name }));
      }
    },
    end: (slot, outcome) => {
      const name = slotName(slot);
      const result = { kind: 'ended', outcome, steps: [], cpuMs: 0, diskBytes: 0, memoryBytes: 0 } as const;
      return [
        ...self.send({ kind: 'runEnded', slot: name, token: tokenOn(name), result }),
        ...self.clean(slot),
      ];
    },
    trouble: (slot, trouble) => {
      const name = slotName(slot);
      const result = { kind: 'trouble', trouble, detail: 'as the test wants' } as const;
      return [
        ...self.send({ kind: 'runEnded', slot: name, token: tokenOn(name), result }),
        ...self.clean(slot),
      ];
    },
    clean: (slot) => self.send({ kind: 'slotCleaned', slot: slotName(slot) }),
    tick: (atMs) => {
      self.nowMs = atMs;
      return self.send({ kind: 'tick' });
    },
    running: () =>
      state.pool.slots.flatMap(({ name, state: slot }) =>
        slot.kind === 'running' ? [`${name}: ${slot.run.name}`] : [],
      ),
  };
  const names = Array.from({ length: slots }, (_, index) => slotName(`build-${index + 1}`));
  self.send({ kind: 'booted', life: { host: hostId('h1'), incarnation: 1 }, slots: names, cores });
  return self;
};

/** The kinds of effects, in order. */
export const kindsOf = (effects: readonly Effect[]): readonly string[] => effects.map(({ kind }) => kind);
