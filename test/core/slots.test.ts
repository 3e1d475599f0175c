import { describe, expect, it } from 'vitest';
import { slotViews } from '../../src/core/agent.ts';
import { slotName } from '../../src/core/ids.ts';
import { createDriver, kindsOf } from './driver.ts';
import { built, makePlan } from './samples.ts';

const fan = makePlan({ a: [[], 30], b: [[], 20], c: [[], 10], d: [[], 10], e: [[], 10] });
const first = slotName('build-1');

describe('a slot that will not be made', () => {
  it('is tried again with growing pauses, for as long as it takes', () => {
    const driver = createDriver(1);
    driver.add(fan);
    const pauses: number[] = [];
    for (let tries = 0; tries < 9; tries++) {
      const effects = driver.missPrepare(first);
      const wake = effects.find(({ kind }) => kind === 'wake');
      if (wake?.kind !== 'wake') throw new Error('nobody asks to try again');
      pauses.push((wake.at - driver.nowMs) / 1000);
      expect(kindsOf(driver.tick(wake.at))).toEqual(['prepare']);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: a']);
  });

  it('makes the others wait their turn when none on this host can be made', () => {
    const driver = createDriver(4, { prepareStreak: 4 });
    driver.add(fan);
    for (const { name } of driver.state.pool.slots) {
      driver.missPrepare(name);
    }
    expect(driver.tick(1_000)).toMatchObject([{ kind: 'prepare', slot: 'build-1' }]);
    expect(driver.prepare(first).filter(({ kind }) => kind === 'prepare')).toHaveLength(3);
  });
});

describe('a slot that will not clean', () => {
  const endRun = (driver: ReturnType<typeof createDriver>) => {
    const found = driver.state.pool.slots[0]?.state;
    if (found?.kind !== 'running') throw new Error('nothing runs');
    const result = {
      kind: 'ended',
      outcome: built,
      steps: [],
      cpuMs: 0,
      diskBytes: 0,
      memoryBytes: 0,
    } as const;
    return driver.send({ kind: 'runEnded', slot: first, token: found.run.token, result });
  };

  it('is tried again with growing pauses, then retired, and another one takes its place', () => {
    const driver = createDriver(1, { cleanTriesMax: 3 });
    driver.add(fan);
    driver.prepareAll();
    endRun(driver);
    for (const pauseMs of [1_000, 2_000]) {
      driver.missClean(first);
      expect(kindsOf(driver.tick(driver.nowMs + pauseMs - 1))).not.toContain('clean');
      expect(driver.tick(driver.nowMs + 1)).toMatchObject([{ kind: 'clean', slot: 'build-1' }]);
    }
    expect(driver.missClean(first)).toMatchObject([
      { kind: 'retire', slot: 'build-1', replacement: 'build-2', reason: 'busy' },
      { kind: 'wake', at: 4_000 },
    ]);
    expect(driver.tick(4_000)).toMatchObject([{ kind: 'prepare', slot: 'build-2' }]);
    expect(slotViews(driver.state).map(({ slot, state }) => [slot, state])).toEqual([
      ['build-1', 'retired'],
      ['build-2', 'preparing'],
    ]);
  });

  it('never gets a task meanwhile', () => {
    const driver = createDriver(1);
    driver.add(fan);
    driver.prepareAll();
    endRun(driver);
    driver.missClean(first);
    expect(kindsOf(driver.prepare(first))).toEqual(['note']);
    expect(driver.running()).toEqual([]);
  });
});

describe('an answer about a slot', () => {
  it('counts for the command that it carries the number of, and for no other', () => {
    const driver = createDriver(1);
    const [first] = driver.add(fan);
    if (first?.kind !== 'prepare') throw new Error('nothing is made');
    driver.missPrepare('build-1');
    const [second] = driver.tick(1_000);
    if (second?.kind !== 'prepare') throw new Error('nothing is made again');
    expect(second.order).not.toBe(first.order);
    const { slot } = first;
    expect(kindsOf(driver.send({ kind: 'slotPrepared', slot, order: first.order }))).toEqual(['note']);
    expect(driver.running()).toEqual([]);
    driver.send({ kind: 'slotPrepared', slot, order: second.order });
    expect(driver.running()).toEqual(['build-1: a']);
  });

  it('that never comes costs the slot, and another one takes its place', () => {
    const driver = createDriver(1, { prepareMaxMs: 5_000, cleanMaxMs: 7_000 });
    expect(driver.add(fan)).toMatchObject([{ kind: 'prepare' }, { kind: 'wake', at: 5_000 }]);
    expect(driver.tick(5_000)).toMatchObject([
      { kind: 'retire', slot: 'build-1', replacement: 'build-2', reason: expect.stringMatching(/made/) },
      { kind: 'wake', at: 6_000 },
    ]);
    driver.tick(6_000);
    driver.prepareAll();
    driver.endRun('build-2', built);
    expect(kindsOf(driver.tick(12_999))).not.toContain('retire');
    expect(driver.tick(13_000)[0]).toMatchObject({ kind: 'retire', slot: 'build-2', replacement: 'build-3' });
  });
});

describe('a slot that a person condemns', () => {
  it('is cleaned and made anew when it is idle, and left alone when it runs something', () => {
    const driver = createDriver(2);
    driver.add(makePlan({ a: [[], 30], b: [['a'], 20], c: [['a'], 10] }));
    driver.prepareAll();
    const idle = slotName('build-2');
    expect(driver.send({ kind: 'slotCondemned', slot: idle })).toMatchObject([
      { kind: 'clean', slot: 'build-2' },
    ]);
    expect(driver.clean('build-2')).toMatchObject([{ kind: 'prepare', slot: 'build-2' }]);
    expect(kindsOf(driver.send({ kind: 'slotCondemned', slot: first }))).toEqual(['note']);
    expect(driver.running()).toEqual(['build-1: a']);
  });
});

describe('slots that nothing needs any more', () => {
  it('are cleaned while the last tasks still run', () => {
    const driver = createDriver(2);
    driver.add(makePlan({ a: [[], 30], b: [['a'], 20] }));
    driver.prepareAll();
    expect(kindsOf(driver.end('build-1', built))).toEqual(['persist', 'announce', 'clean', 'start']);
    expect(driver.running()).toEqual(['build-2: b']);
    expect(slotViews(driver.state).map(({ slot }) => slot)).toEqual(['build-2']);
  });
});
