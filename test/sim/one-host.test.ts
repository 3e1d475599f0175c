import { describe, expect, it } from 'vitest';
import { isAtRest, slotSeconds, snapshotPlan } from '../../src/core/agent.ts';
import { planId } from '../../src/core/ids.ts';
import type { Limits } from '../../src/core/limits.ts';
import { drawPlan, judgeEnds } from './drawn.ts';
import type { Faults } from './faults.ts';
import { noFaults } from './faults.ts';
import type { Host, HostOptions } from './host.ts';
import { createHost } from './host.ts';
import { createRandom } from './random.ts';

const calm: Faults = { ...noFaults, failing: 0.08 };
const seeds = Array.from({ length: 300 }, (_, seed) => seed);

/** Timers of a world in which a build takes half a second. */
const quick: Partial<Limits> = {
  sweepEveryMs: 4_000,
  prepareMaxMs: 2_000,
  cleanMaxMs: 3_000,
  evictEveryMs: 150,
  patienceMs: 2_000,
};

/** Draws a world from a seed: plans, slots, and which faults there are at all. */
const drawWorld = (seed: number): HostOptions => {
  const random = createRandom(seed);
  const some = (share: number): number => (random.chance(0.5) ? share * random.next() : 0);
  const names = random.chance(0.3) ? ['first', 'second'] : ['only'];
  return {
    random,
    plans: new Map(names.map((name) => [planId(name), drawPlan(random, random.between(1, 40))])),
    slots: random.between(1, 6),
    spare: random.between(0, 2),
    workMemoryBytes: random.chance(0.5) ? random.between(1, 20) * 1024 ** 3 : 0,
    limits: quick,
    faults: {
      trouble: some(0.5),
      prepare: some(0.5),
      clean: some(0.5),
      double: some(0.3),
      failing: some(0.3),
      hopeless: some(0.2),
      hang: some(0.1),
      hungry: some(0.2),
      greedy: some(0.1),
      endless: some(0.1),
      timeout: some(0.2),
      floods: random.chance(0.5) ? random.between(1, 2) : 0,
    },
  };
};

/** Runs until all plans have ended; one that never does would run for ever. */
const runToEnd = (host: Host): void => {
  for (let events = 0; !host.isOver(); events++) {
    if (events > 100_000 || !host.advance()) throw new Error(`no end after ${events} events`);
  }
};

const runSome = (host: Host, events: number): void => {
  for (let count = 0; count < events && !host.isOver(); count++) host.advance();
};

const expectAllEnded = (host: Host, { plans }: HostOptions): void => {
  for (const [id, plan] of plans) {
    expect(host.ended.get(id)).toBe('complete');
    const facts = host.facts.filter((fact) => fact.planId === id);
    const ends = judgeEnds(plan, facts);
    expect([...ends].filter(([, end]) => end === 'open')).toEqual([]);
    expect(new Set(facts.map((fact) => fact.task)).size, 'facts about different tasks').toBe(facts.length);
    for (const { task } of facts) expect(ends.get(task), `${task} has a fact`).not.toBe('blocked');
  }
};

/** The account of the plan that ended last, in its last life, which began at `addedAtMs`. */
const expectBooksToClose = (host: Host, slots: number, addedAtMs: number): void => {
  const id = [...host.ended.keys()].at(-1);
  const seconds = id === undefined ? undefined : slotSeconds(host.state, id);
  if (seconds === undefined) throw new Error('no account');
  const sum = seconds.busy + seconds.sandbox + seconds.starved + seconds.stopped;
  expect(sum).toBeCloseTo((slots * (host.nowMs - addedAtMs)) / 1000, 6);
};

/** A sweep may still go on when the last plan has ended. */
const expectRest = (host: Host, seed: number): void => {
  for (let events = 0; events < 100 && !isAtRest(host.state); events++) host.advance();
  expect(isAtRest(host.state), `seed ${seed}`).toBe(true);
};

describe('one simulated host', () => {
  it('brings every task to exactly one end, whatever goes wrong, and leaves nothing behind', () => {
    for (const seed of seeds) {
      const world = drawWorld(seed);
      const host = createHost(world);
      host.addPlans();
      runToEnd(host);
      expectAllEnded(host, world);
      expectBooksToClose(host, world.slots, 0);
      expectRest(host, seed);
    }
  });

  it('goes on after crashes at any effect with nothing but the durable entries, and repeats none of what they tell', () => {
    for (const seed of seeds) {
      const world = drawWorld(seed);
      const { random } = world;
      const host = createHost(world);
      host.addPlans();
      let addedAtMs = 0;
      for (let crashes = random.between(1, 5); crashes > 0; crashes--) {
        runSome(host, random.between(0, 120));
        if (!host.isOver()) host.advance(random.between(0, 3));
        host.restart();
        addedAtMs = host.nowMs;
        host.addPlans();
      }
      runToEnd(host);
      expectAllEnded(host, world);
      expectBooksToClose(host, world.slots, addedAtMs);
    }
  });

  it('stops when told to, at any moment, cleans up, and goes on when the plans come again', () => {
    for (const seed of seeds) {
      const world = drawWorld(seed);
      const { random } = world;
      const host = createHost(world);
      host.addPlans();
      for (let stops = random.between(1, 3); stops > 0; stops--) {
        runSome(host, random.between(0, 120));
        const before = host.starts.length;
        const mode = random.chance(0.5) ? 'drain' : 'now';
        for (const id of world.plans.keys()) {
          host.feed({ kind: 'planStopped', planId: id, mode });
          expect(snapshotPlan(host.state, id)).toBeDefined();
        }
        const atStop = host.starts.slice(before);
        runToEnd(host);
        expect(host.starts.slice(before), `seed ${seed} started something after the stop`).toEqual(atStop);
        host.addPlans();
      }
      runToEnd(host);
      expectAllEnded(host, world);
    }
  });

  it('keeps to its part of the host, whenever that changes, and still brings every task to its end', () => {
    for (const seed of seeds) {
      const world = drawWorld(seed);
      const { random, slots } = world;
      const host = createHost(world);
      host.addPlans();
      while (!host.isOver()) {
        host.allow(random.between(1, slots + 1));
        runSome(host, random.between(1, 60));
      }
      expectAllEnded(host, world);
      expectBooksToClose(host, slots, 0);
      expectRest(host, seed);
    }
  });

  it('comes to the end of everything with a single slot for it, and crashes on the way', () => {
    for (const seed of seeds.slice(0, 100)) {
      const world = drawWorld(seed);
      const host = createHost(world);
      host.addPlans();
      host.allow(1);
      runSome(host, world.random.between(0, 120));
      host.restart();
      host.allow(1);
      host.addPlans();
      runToEnd(host);
      expectAllEnded(host, world);
    }
  });

  it('uses the whole host again as soon as it has it for itself', () => {
    let seen = 0;
    for (const seed of seeds.slice(0, 100)) {
      const world = { ...drawWorld(seed), faults: calm, slots: 4 };
      const host = createHost(world);
      host.allow(1);
      host.addPlans();
      runSome(host, 20);
      host.allow(4);
      let most = 0;
      for (const [id] of world.plans) {
        const { ready = 0, running = 0 } = snapshotPlan(host.state, id) ?? {};
        most += ready + running;
      }
      runSome(host, 4);
      if (most < 8 || host.isOver()) continue;
      seen += 1;
      expect(host.countUsed(), `seed ${seed}`).toBeGreaterThanOrEqual(4);
    }
    expect(seen, 'hosts that had work enough').toBeGreaterThan(5);
  });

  it('stops one plan and builds the other to its end', () => {
    for (const seed of seeds.slice(0, 100)) {
      const { random, ...world } = drawWorld(seed);
      const plans = new Map(['first', 'second'].map((name) => [planId(name), drawPlan(random, 20)]));
      const host = createHost({ ...world, random, plans });
      host.addPlans();
      runSome(host, random.between(0, 60));
      host.feed({ kind: 'planStopped', planId: planId('first'), mode: 'now' });
      runToEnd(host);
      expect(host.ended.get(planId('second')), `seed ${seed}`).toBe('complete');
      expectRest(host, seed);
    }
  });

  it('builds on a calm host exactly what can be built, each task once', () => {
    for (const seed of seeds.slice(0, 50)) {
      const world = { ...drawWorld(seed), faults: calm };
      const host = createHost(world);
      host.addPlans();
      runToEnd(host);
      const startable = [...world.plans].flatMap(([id, plan]) => {
        const ends = judgeEnds(
          plan,
          host.facts.filter((fact) => fact.planId === id),
        );
        return [...ends].filter(([, end]) => end !== 'blocked').map(([name]) => `${id} ${name}`);
      });
      expect([...host.starts].sort()).toEqual(startable.sort());
    }
  });

  it('blames no package for a disk that others fill and empty again', () => {
    let fulls = 0;
    for (const seed of seeds) {
      const { random, ...world } = drawWorld(seed);
      const host = createHost({ ...world, random, faults: { ...noFaults, floods: random.between(1, 2) } });
      host.addPlans();
      runToEnd(host);
      for (const { outcome, task } of host.facts) expect(outcome.kind, `seed ${seed}: ${task}`).toBe('built');
      fulls += host.starts.length - host.facts.length;
    }
    expect(fulls, 'attempts that met a full disk, or were ended to save it').toBeGreaterThan(100);
  });

  it('builds what only needs the host for itself, and ends what never fits and what never ends, in few tries', () => {
    for (const seed of seeds) {
      const { random, ...world } = drawWorld(seed);
      const faults = { ...noFaults, hungry: 0.3, greedy: 0.1, endless: 0.1 };
      const host = createHost({ ...world, random, faults });
      host.addPlans();
      runToEnd(host);
      for (const { planId: plan, task, outcome } of host.facts) {
        const key = `${plan} ${task}`;
        const tries = host.starts.filter((start) => start === key).length;
        const { greedy, endless, hungry } = host.fates;
        const stage = outcome.kind === 'failed' ? `${outcome.class} ${outcome.stage}` : outcome.kind;
        if (greedy.has(key))
          expect([stage, tries <= 3], `seed ${seed}: ${key}`).toEqual(['package memory', true]);
        else if (endless.has(key)) expect(stage, `seed ${seed}: ${key}`).toBe('timeout build');
        else expect([stage, tries], `seed ${seed}: ${key}`).toEqual(['built', hungry.has(key) ? 2 : 1]);
      }
    }
  });

  it('keeps building while sandboxes hang, and has all of its places again', () => {
    for (const seed of seeds) {
      const world = drawWorld(seed);
      const host = createHost({ ...world, faults: { ...noFaults, hang: 0.2, double: 0.2 } });
      host.addPlans();
      runToEnd(host);
      expectAllEnded(host, world);
      for (const { outcome, task } of host.facts) expect(outcome.kind, `seed ${seed}: ${task}`).toBe('built');
      const goneAtMs = host.nowMs + 60_000;
      while (host.nowMs < goneAtMs && host.advance());
      const lost = host.state.pool.slots.filter(({ state }) => state.kind === 'retired');
      expect(lost, `seed ${seed}: sweeps clean what was lost`).toEqual([]);
    }
  });

  it('does the same again from the same seed', () => {
    const run = (seed: number): unknown => {
      const host = createHost(drawWorld(seed));
      host.addPlans();
      runToEnd(host);
      return { facts: host.facts, starts: host.starts, nowMs: host.nowMs };
    };
    for (const seed of seeds.slice(0, 20)) expect(run(seed)).toEqual(run(seed));
  });
});
