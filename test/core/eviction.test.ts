import { describe, expect, it } from 'vitest';
import { createDriver, kindsOf } from './driver.ts';
import { makePlan } from './samples.ts';

const gib = 1024 ** 3;
const critical = { diskFreeBytes: 4 * gib, diskTotalBytes: 100 * gib };
const fan = makePlan({ a: [[], 40], b: [[], 30], c: [[], 20] });

/** Three runs, begun one after the other. */
const startThree = (more: Parameters<typeof makePlan>[1] = {}) => {
  const driver = createDriver(3);
  driver.add(makePlan({ a: [[], 40], b: [[], 30], c: [[], 20] }, more));
  for (const slot of ['build-1', 'build-2', 'build-3']) {
    driver.nowMs += 10;
    driver.prepare(slot);
  }
  return driver;
};

describe('a disk that is nearly full', () => {
  it('ends the youngest run, then the next when that did not help, and never the last one', () => {
    const driver = startThree();
    expect(driver.measure(critical)).toMatchObject([
      { kind: 'cancel', slot: 'build-3' },
      { kind: 'note', note: { kind: 'evicted', task: 'c', freeBytes: 4 * gib } },
    ]);
    expect(kindsOf(driver.measure(critical)), 'one at a time').toEqual([]);
    driver.trouble('build-3', 'killed');
    expect(kindsOf(driver.measure(critical)), 'room needs time to show').not.toContain('cancel');
    driver.nowMs += 15_000;
    expect(driver.measure(critical)).toMatchObject([{ kind: 'cancel', slot: 'build-2' }, {}]);
    driver.trouble('build-2', 'killed');
    driver.nowMs += 60_000;
    expect(kindsOf(driver.measure({ ...critical, diskFreeBytes: 0 }))).not.toContain('cancel');
    expect(driver.running()).toEqual(['build-1: a']);
  });

  it('ends first what is to take much', () => {
    const driver = startThree({ b: { diskBytes: 8 * gib } });
    expect(driver.measure(critical)[0]).toMatchObject({ kind: 'cancel', slot: 'build-2' });
  });

  it('ends nothing while there is only little room', () => {
    expect(kindsOf(startThree().measure({ ...critical, diskFreeBytes: 6 * gib }))).toEqual([]);
  });

  it('puts back what it ended, uncharged, to be tried again later', () => {
    const driver = startThree();
    driver.measure(critical);
    driver.trouble('build-3', 'killed');
    expect(driver.state.plans[0]?.records.get(2)).toBeUndefined();
    expect(driver.state.admission.troubled).toEqual([]);
    driver.measure({});
    driver.prepareAll();
    expect(driver.running()).toHaveLength(2);
    driver.tick(driver.nowMs + 5_000);
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: a', 'build-2: b', 'build-3: c']);
  });
});

describe('a build that meets a full disk', () => {
  const charged = (driver: ReturnType<typeof createDriver>) => driver.state.plans[0]?.records.get(0)?.charged;

  it('is charged when it had the host for itself, with room at its start', () => {
    const driver = createDriver(1);
    driver.add(fan);
    driver.prepareAll();
    driver.trouble('build-1', 'disk-full');
    expect(charged(driver)).toBe(1);
  });

  it('is not charged for what others took: those beside it, or those before it', () => {
    const beside = startThree();
    beside.trouble('build-1', 'disk-full');
    expect(charged(beside)).toBe(0);
    const before = createDriver(1);
    before.measure({ diskFreeBytes: 6 * gib, diskTotalBytes: 100 * gib });
    before.add(fan);
    before.prepareAll();
    before.trouble('build-1', 'disk-full');
    expect(charged(before)).toBe(0);
  });
});
