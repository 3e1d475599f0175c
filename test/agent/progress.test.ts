import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BuildEvent } from '../../agent/control/protocol.ts';
import { createProgress } from '../../agent/progress.ts';
import { planId } from '../../src/core/ids.ts';
import { createDriver } from '../core/driver.ts';
import { makeLife, tokenOf } from '../core/lives.ts';
import { makePlan } from '../core/samples.ts';

describe('progress', () => {
  let now = 0;
  beforeEach(() => {
    now = 10_000;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const make = () => {
    const driver = createDriver(2);
    const progress = createProgress(driver.state, () => ({ now, wall: 1_000_000 + now }));
    const events: BuildEvent[] = [];
    const listen = () => progress.subscribe((event) => events.push(event));
    return { driver, progress, events, listen };
  };
  const kinds = (events: readonly BuildEvent[]): readonly string[] => events.map(({ kind }) => kind);

  it('gives whoever begins to listen a snapshot, and nothing more once they stop', () => {
    const { progress, events, listen } = make();
    const stop = listen();
    progress.tell({ kind: 'warning', text: 'heard' });
    stop();
    progress.tell({ kind: 'warning', text: 'not heard' });
    expect(kinds(events)).toEqual(['snapshot', 'warning']);
  });

  it('sends snapshots only while somebody listens to a build that goes on', () => {
    const { progress, events, listen } = make();
    progress.enter('scanning');
    expect(vi.getTimerCount()).toBe(0);
    const stop = listen();
    vi.advanceTimersByTime(1000);
    expect(kinds(events)).toEqual(['snapshot', 'snapshot', 'snapshot']);
    stop();
    expect(vi.getTimerCount()).toBe(0);
    listen();
    progress.enter('idle');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('shows no spare sandbox as an idle place, and says why nothing starts', () => {
    const driver = createDriver(1, { spare: 1 });
    const progress = createProgress(driver.state, () => ({ now, wall: 1_000_000 + now }));
    driver.measure({ diskFreeBytes: 0 });
    driver.add(makePlan({ a: [[], 1], b: [[], 1] }));
    driver.prepareAll();
    expect(progress.snapshot()).toMatchObject({
      slots: [{ slot: 'build-1', state: 'ready' }],
      waiting: expect.stringMatching(/^nothing starts, make room: disk 0 % free/),
    });
    driver.measure({});
    expect(progress.snapshot()).toMatchObject({ slots: [{ slot: 'build-1', state: 'running' }] });
    expect(progress.snapshot().waiting).toBeUndefined();
  });

  it('tells the count of a scan a few times a second, and its end always', () => {
    const { progress, events, listen } = make();
    listen();
    for (let done = 1; done <= 100; done += 1) {
      now += 10;
      progress.tellScan(done, 100, 0);
    }
    expect(events.length).toBeLessThan(6);
    const last = events.at(-1);
    expect(last?.kind === 'snapshot' ? last.snapshot.scan : undefined).toEqual({
      done: 100,
      total: 100,
      failed: 0,
    });
  });

  it('counts what the plan leaves out beside what it has, and predicts an end while it builds', () => {
    const { driver, progress } = make();
    expect(progress.snapshot()).toMatchObject({ counts: undefined, predictedEndMs: undefined });
    driver.add(makePlan({ a: [[], 1000], b: [['a'], 1000] }));
    Object.assign(progress.standing, { planId: planId('plan'), masked: 3 });
    expect(progress.counts()).toMatchObject({ total: 5, masked: 3, ready: 1, waiting: 1 });
    expect(progress.snapshot().predictedEndMs).toBeUndefined();
    progress.enter('building');
    expect(progress.snapshot().predictedEndMs).toBeGreaterThan(1_000_000 + now);
  });

  it('shows with each slot what runs there and since when', () => {
    const { driver, progress } = make();
    driver.add(makePlan({ a: [[], 1000] }));
    driver.prepareAll();
    const token = tokenOf(makeLife('h1'), 1);
    progress.runs.set('build-1', {
      ...{ token, pkg: 'a', jobs: 2, startedAtMs: 5 },
      ...{ stage: 'build', stageAtMs: 6 },
    });
    expect(progress.snapshot().slots).toEqual([
      { slot: 'build-1', state: 'running', pkg: 'a', stage: 'build', jobs: 2, startedAtMs: 5, stageAtMs: 6 },
    ]);
  });
});
