import { describe, expect, it } from 'vitest';
import { isAtRest, slotSeconds, snapshotPlan } from '../../src/core/agent.ts';
import { drawPlan, judgeEnds } from './drawn.ts';
import type { Faults, Host, HostOptions } from './host.ts';
import { createHost, id } from './host.ts';
import { createRandom } from './random.ts';

const calm: Faults = { trouble: 0, prepare: 0, clean: 0, double: 0, failing: 0.08, hopeless: 0 };
const seeds = Array.from({ length: 300 }, (_, seed) => seed);

/** Draws a world from a seed: plan, slots, and which faults there are at all. */
const drawWorld = (seed: number): HostOptions => {
  const random = createRandom(seed);
  const some = (share: number): number => (random.chance(0.5) ? share * random.next() : 0);
  return {
    random,
    plan: drawPlan(random, random.between(1, 40)),
    slots: random.between(1, 6),
    faults: {
      trouble: some(0.5),
      prepare: some(0.5),
      clean: some(0.5),
      double: some(0.3),
      failing: some(0.3),
      hopeless: some(0.2),
    },
  };
};

/** Runs until the plan has ended; a plan that never does would run for ever. */
const runToEnd = (host: Host): void => {
  for (let events = 0; host.ended === undefined; events++) {
    if (events > 100_000 || !host.advance()) throw new Error(`no end after ${events} events`);
  }
};

const expectAllEnded = (host: Host, { plan }: HostOptions): void => {
  const ends = judgeEnds(plan, host.facts);
  expect([...ends].filter(([, end]) => end === 'open')).toEqual([]);
  expect(new Set(host.facts.map((fact) => fact.task)).size, 'facts about different tasks').toBe(
    host.facts.length,
  );
  for (const { task } of host.facts) expect(ends.get(task), `${task} has a fact`).not.toBe('blocked');
};

/** The sums of the last life's account, which reach from when the plan came to its end. */
const expectBooksToClose = (host: Host, slots: number, addedAtMs: number): void => {
  const seconds = slotSeconds(host.state, id);
  if (seconds === undefined) throw new Error('no account');
  const sum = seconds.busy + seconds.sandbox + seconds.starved + seconds.stopped;
  expect(sum).toBeCloseTo((slots * (host.nowMs - addedAtMs)) / 1000, 6);
};

describe('one simulated host', () => {
  it('brings every task to exactly one end, whatever goes wrong, and leaves nothing behind', () => {
    for (const seed of seeds) {
      const world = drawWorld(seed);
      const host = createHost(world);
      host.addPlan();
      runToEnd(host);
      expect(host.ended, `seed ${seed}`).toBe('complete');
      expectAllEnded(host, world);
      expectBooksToClose(host, world.slots, 0);
      expect(isAtRest(host.state), `seed ${seed}`).toBe(true);
    }
  });

  it('goes on after crashes at any effect with nothing but the durable facts, and repeats none of them', () => {
    for (const seed of seeds) {
      const world = drawWorld(seed);
      const { random } = world;
      const host = createHost(world);
      host.addPlan();
      let addedAtMs = 0;
      for (let crashes = random.between(1, 5); crashes > 0; crashes--) {
        for (let events = random.between(0, 120); events > 0 && host.ended === undefined; events--)
          host.advance();
        if (host.ended === undefined) host.advance(random.between(0, 3));
        host.restart();
        addedAtMs = host.nowMs;
        host.addPlan();
      }
      runToEnd(host);
      expect(host.ended, `seed ${seed}`).toBe('complete');
      expectAllEnded(host, world);
      expectBooksToClose(host, world.slots, addedAtMs);
    }
  });

  it('stops when told to, at any moment, cleans up, and goes on when the plan comes again', () => {
    for (const seed of seeds) {
      const world = drawWorld(seed);
      const { random } = world;
      const host = createHost(world);
      host.addPlan();
      for (let stops = random.between(1, 3); stops > 0; stops--) {
        for (let events = random.between(0, 120); events > 0 && host.ended === undefined; events--)
          host.advance();
        if (host.ended !== undefined) break;
        const before = host.starts.length;
        host.feed({ kind: 'planStopped', planId: id, mode: random.chance(0.5) ? 'drain' : 'now' });
        runToEnd(host);
        expect(host.starts.length, `seed ${seed} started something after the stop`).toBe(before);
        const counts = snapshotPlan(host.state, id);
        expect(counts?.running).toBe(0);
        host.ended = undefined;
        host.addPlan();
      }
      if (host.ended === undefined) runToEnd(host);
      expect(host.ended, `seed ${seed}`).toBe('complete');
      expectAllEnded(host, world);
    }
  });

  it('builds on a calm host exactly what can be built, each task once', () => {
    for (const seed of seeds.slice(0, 50)) {
      const world = { ...drawWorld(seed), faults: calm };
      const host = createHost(world);
      host.addPlan();
      runToEnd(host);
      const ends = judgeEnds(world.plan, host.facts);
      const started = [...ends].filter(([, end]) => end !== 'blocked').map(([name]) => name);
      expect([...host.starts].sort()).toEqual(started.sort());
    }
  });

  it('does the same again from the same seed', () => {
    const run = (seed: number): unknown => {
      const host = createHost(drawWorld(seed));
      host.addPlan();
      runToEnd(host);
      return { facts: host.facts, starts: host.starts, nowMs: host.nowMs };
    };
    for (const seed of seeds.slice(0, 20)) expect(run(seed)).toEqual(run(seed));
  });
});
