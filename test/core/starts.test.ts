import { describe, expect, it } from 'vitest';
import { slotSeconds, viewWait } from '../../src/core/agent.ts';
import type { Effect } from '../../src/core/effect.ts';
import { planId } from '../../src/core/ids.ts';
import { createDriver, kindsOf } from './driver.ts';
import { built, makePlan } from './samples.ts';

const gib = 1024 ** 3;
const fan = { a: [[], 40], b: [[], 30], c: [[], 20], d: [[], 10] } as const;
const needing = (...sizes: readonly number[]) =>
  Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name, index) => [name, { memoryBytes: (sizes[index] ?? 0) * gib }]),
  );
const notesOf = (effects: readonly Effect[]) =>
  effects.flatMap((effect) =>
    effect.kind === 'note' && effect.note.kind === 'waiting' ? [effect.note.wait] : [],
  );

describe('a host with little room on its disk', () => {
  const low = { diskFreeBytes: 9 * gib, diskTotalBytes: 100 * gib };

  it('starts nothing beside what runs, says why once, and goes on when there is room', () => {
    const driver = createDriver(2);
    driver.measure(low);
    driver.add(makePlan(fan));
    const told = notesOf(driver.prepareAll());
    expect(driver.running()).toEqual(['build-1: a']);
    expect(told).toEqual([{ kind: 'disk', isFull: false, freeBytes: 9 * gib, totalBytes: 100 * gib }]);
    expect(viewWait(driver.state)).toEqual(told[0]);
    expect(notesOf(driver.measure(low))).toEqual([]);
    driver.measure({});
    expect(driver.running()).toEqual(['build-1: a', 'build-2: b']);
    expect(viewWait(driver.state)).toBeUndefined();
  });

  it('lets one run at a time go on', () => {
    const driver = createDriver(2);
    driver.measure(low);
    driver.add(makePlan(fan));
    driver.prepareAll();
    driver.end('build-1', built);
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-2: b']);
  });

  it('starts not even one when the disk is full, and says so every minute until a person makes room', () => {
    const driver = createDriver(1);
    const full = { diskFreeBytes: gib, diskTotalBytes: 100 * gib };
    driver.measure(full);
    driver.add(makePlan(fan));
    expect(notesOf(driver.prepareAll())).toMatchObject([{ kind: 'disk', isFull: true }]);
    driver.nowMs = 59_999;
    expect(notesOf(driver.measure(full))).toEqual([]);
    driver.nowMs = 60_000;
    expect(notesOf(driver.measure(full))).toHaveLength(1);
    expect(driver.running()).toEqual([]);
    driver.measure({});
    expect(driver.running()).toEqual(['build-1: a']);
  });

  it('books the places that it does not use as kept from the plan', () => {
    const driver = createDriver(2);
    driver.measure(low);
    driver.add(makePlan(fan));
    driver.prepareAll();
    driver.nowMs = 3_000;
    driver.measure(low);
    expect(slotSeconds(driver.state, planId('plan'))).toEqual({
      busy: 3,
      sandbox: 0,
      starved: 0,
      stopped: 3,
    });
  });
});

describe('a task that is known to need much memory', () => {
  it('waits while it does not fit, and lets the next one go first', () => {
    const driver = createDriver(3);
    driver.measure({ memoryBytes: 32 * gib });
    driver.add(makePlan(fan, needing(20, 20, 1, 20)));
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: a', 'build-2: c']);
    expect(viewWait(driver.state)).toMatchObject({ kind: 'room', task: 'b', what: 'memory' });
    driver.end('build-1', built);
    expect(driver.running()).toEqual(['build-2: c', 'build-3: b']);
  });

  it('starts in any case when nothing runs', () => {
    const driver = createDriver(2);
    driver.measure({ memoryBytes: 8 * gib });
    driver.add(makePlan(fan, needing(900)));
    driver.prepareAll();
    expect(driver.running()).toContain('build-1: a');
  });

  it('gets its turn after a while, however many small ones there are', () => {
    const driver = createDriver(2, { patienceMs: 1_000 });
    driver.measure({ memoryBytes: 32 * gib });
    driver.add(makePlan(fan, needing(20, 20, 1, 1)));
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: a', 'build-2: c']);
    driver.nowMs = 1_000;
    driver.end('build-2', built);
    driver.prepareAll();
    expect(driver.running(), 'd would fit').toEqual(['build-1: a']);
    driver.end('build-1', built);
    driver.prepareAll();
    expect(driver.running()).toContain('build-2: b');
  });

  it('gets its work area in memory as long as there is room for it', () => {
    const driver = createDriver(3, { workMemoryBytes: 4 * gib });
    driver.measure({});
    const disk = { diskBytes: 2 * gib };
    driver.add(makePlan(fan, { a: disk, b: disk, c: {}, d: {} }));
    const starts = driver.prepareAll().filter((effect) => effect.kind === 'start');
    expect(starts.map(({ work }) => work.kind)).toEqual(['memory', 'disk', 'disk']);
  });
});

describe('a task that ran out of memory', () => {
  it('waits until nothing runs, then runs alone with half the jobs, and nothing starts beside it', () => {
    const driver = createDriver(2, {}, 8);
    driver.add(makePlan(fan));
    driver.prepareAll();
    driver.trouble('build-1', 'out-of-memory');
    driver.prepareAll();
    expect(driver.running(), 'nothing overtakes it').toEqual(['build-2: b']);
    expect(viewWait(driver.state)).toEqual({ kind: 'alone', task: 'a' });
    const [start] = driver.end('build-2', built).filter((effect) => effect.kind === 'start');
    expect(start).toMatchObject({ task: 'a', jobs: 4, work: { kind: 'disk' } });
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: a']);
    expect(viewWait(driver.state)).toEqual({ kind: 'alone', task: 'a' });
    driver.end('build-1', built);
    driver.prepareAll();
    expect(driver.running()).toHaveLength(2);
  });

  it('is nothing that the host is suspected for', () => {
    const driver = createDriver(4);
    driver.add(makePlan(fan));
    driver.prepareAll();
    for (const slot of ['build-1', 'build-2', 'build-3']) driver.trouble(slot, 'out-of-memory');
    expect(driver.state.admission).toMatchObject({ gate: { kind: 'open' }, troubled: [] });
  });
});

describe('spare sandboxes', () => {
  it('are made beside those that run, and the next task starts in one at once', () => {
    const driver = createDriver(1, { spare: 1 });
    expect(kindsOf(driver.add(makePlan(fan)))).toEqual(['prepare', 'prepare']);
    driver.prepareAll();
    expect(driver.running(), 'as many run as before').toEqual(['build-1: a']);
    const effects = driver.endRun('build-1', built);
    expect(kindsOf(effects)).toEqual(['persist', 'announce', 'clean', 'start']);
    expect(driver.running()).toEqual(['build-2: b']);
    expect(kindsOf(driver.clean('build-1'))).toEqual(['prepare']);
  });

  it('do not change how cores are shared, nor the account of the plan', () => {
    const driver = createDriver(2, { spare: 2 }, 8);
    driver.add(makePlan(fan));
    const starts = driver.prepareAll().filter((effect) => effect.kind === 'start');
    expect(starts.map(({ jobs }) => jobs)).toEqual([8, 8]);
    driver.nowMs = 1_000;
    driver.measure({});
    expect(slotSeconds(driver.state, planId('plan'))).toEqual({
      busy: 2,
      sandbox: 0,
      starved: 0,
      stopped: 0,
    });
  });

  it('are not made for tasks that there are not, and are cleaned when no task is left for them', () => {
    const driver = createDriver(1, { spare: 3 });
    expect(kindsOf(driver.add(makePlan({ a: [[], 1], b: [['a'], 1] })))).toEqual(['prepare', 'prepare']);
    driver.prepareAll();
    expect(kindsOf(driver.end('build-1', built))).toEqual(['persist', 'announce', 'clean', 'start']);
    expect(kindsOf(driver.end('build-2', built))).toContain('planEnded');
  });
});
