import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Booking, Ledger, Resources } from '../../../src/core/dispatch/ledger.ts';
import { chooseWork, findShortage, measureDisk, reserveFor } from '../../../src/core/dispatch/ledger.ts';
import { taskName } from '../../../src/core/ids.ts';
import { defaultLimits } from '../../../src/core/limits.ts';
import type { Task } from '../../../src/core/plan.ts';

const gib = 1024 ** 3;
const limits = defaultLimits;
const host: Resources = {
  memoryBytes: 32 * gib,
  memoryAvailableBytes: 30 * gib,
  diskFreeBytes: 80 * gib,
  diskTotalBytes: 100 * gib,
};
const task = (more: Partial<Task>): Task => ({
  name: taskName('a'),
  needs: [],
  estimateMs: 1_000,
  jobsSafe: true,
  weight: 100,
  diskBytes: 0,
  memoryBytes: 0,
  ...more,
});
const ledger = (more: Partial<Ledger> = {}): Ledger => ({
  resources: host,
  workMemoryBytes: 16 * gib,
  bookings: [],
  ...more,
});
const book = (reservation: Partial<Booking['reservation']>, elapsedMs = 0): Booking => ({
  reservation: { memoryBytes: 0, diskBytes: 0, workBytes: 0, ...reservation },
  elapsedMs,
  estimateMs: 1_000,
});
const levelAt = (freeGib: number, totalGib: number) =>
  measureDisk({ ...host, diskFreeBytes: freeGib * gib, diskTotalBytes: totalGib * gib }, limits);

describe('the level of the disk', () => {
  it('goes by shares of a small disk: a tenth, a twentieth, a fiftieth', () => {
    expect([10, 9.9, 5, 4.9, 2, 1.9].map((free) => levelAt(free, 100))).toEqual([
      'ample',
      'low',
      'low',
      'critical',
      'critical',
      'full',
    ]);
  });

  it('goes by bytes on a large one, of which a tenth would be room for a hundred packages', () => {
    expect([24, 23, 11, 3].map((free) => levelAt(free, 10_000))).toEqual([
      'ample',
      'low',
      'critical',
      'full',
    ]);
  });

  it('is ample while nothing is known', () => {
    expect([measureDisk(undefined, limits), levelAt(0, 0)]).toEqual(['ample', 'ample']);
  });
});

describe('the work area', () => {
  it('lies in memory where its size is known and fits, with room to grow', () => {
    expect(chooseWork(ledger(), task({ diskBytes: 2 * gib }), limits)).toEqual({
      kind: 'memory',
      sizeBytes: 3 * gib + 64 * 1024 ** 2,
    });
  });

  it.each([
    ['its size is not known', {}, {}],
    ['it is larger than all of them may be', { diskBytes: 11 * gib }, {}],
    [
      'others have taken the room of them all',
      { diskBytes: 2 * gib },
      { bookings: [book({ workBytes: 14 * gib })] },
    ],
    ['nothing may lie in memory', { diskBytes: 1 }, { workMemoryBytes: 0 }],
    ['nothing has been measured', { diskBytes: 1 }, { resources: undefined }],
    ['the package itself needs the memory', { diskBytes: 2 * gib, memoryBytes: 23 * gib }, {}],
    [
      'others on the host have taken the memory',
      { diskBytes: 2 * gib },
      { resources: { ...host, memoryAvailableBytes: 3 * gib } },
    ],
    [
      'runs have yet to take what is free',
      { diskBytes: 2 * gib },
      { bookings: [book({ memoryBytes: 28 * gib })] },
    ],
  ])('lies on disk when %s', (_, what, where) => {
    expect(chooseWork(ledger(where), task(what), limits)).toEqual({ kind: 'disk' });
  });

  it('is reserved where it lies, with a margin on disk', () => {
    const known = task({ diskBytes: 4 * gib, memoryBytes: 8 * gib });
    expect(reserveFor(known, { kind: 'disk' }, limits)).toEqual({
      memoryBytes: 10 * gib,
      diskBytes: 5 * gib,
      workBytes: 0,
    });
    expect(reserveFor(known, { kind: 'memory', sizeBytes: 7 }, limits)).toEqual({
      memoryBytes: 10 * gib,
      diskBytes: 0,
      workBytes: 7,
    });
  });

  it('never makes all of them together larger than they may be', () => {
    const anySize = fc.array(fc.integer({ min: 1, max: 8 * gib }), { maxLength: 12 });
    fc.assert(
      fc.property(anySize, (sizes) => {
        const bookings: Booking[] = [];
        for (const diskBytes of sizes) {
          const one = task({ diskBytes });
          const work = chooseWork(ledger({ bookings }), one, limits);
          bookings.push({ ...book({}), reservation: reserveFor(one, work, limits) });
        }
        const sum = bookings.reduce((all, { reservation }) => all + reservation.workBytes, 0);
        expect(sum).toBeLessThanOrEqual(16 * gib);
      }),
    );
  });
});

describe('a reservation', () => {
  const wantMemory = (bytes: number) => ({ memoryBytes: bytes, diskBytes: 0, workBytes: 0 });

  it('fits beside others as long as the memory is not promised twice', () => {
    const bookings = [book({ memoryBytes: 20 * gib }, 1_000)];
    expect(findShortage(ledger({ bookings }), wantMemory(12 * gib), limits)).toBeUndefined();
    expect(findShortage(ledger({ bookings }), wantMemory(13 * gib), limits)).toEqual({
      what: 'memory',
      neededBytes: 13 * gib,
      freeBytes: 12 * gib,
    });
  });

  it('counts the work areas of others, and memory that somebody else has taken', () => {
    const bookings = [book({ workBytes: 20 * gib }, 1_000)];
    expect(findShortage(ledger({ bookings }), wantMemory(13 * gib), limits)?.what).toBe('memory');
    const resources = { ...host, memoryAvailableBytes: 5 * gib };
    expect(findShortage(ledger({ resources }), wantMemory(6 * gib), limits)?.freeBytes).toBe(5 * gib);
  });

  it('fits on the disk beside what runs are still to take, above the level at which runs are ended', () => {
    const wanted = { memoryBytes: 0, diskBytes: 40 * gib, workBytes: 0 };
    const shortageAt = (elapsedMs: number) =>
      findShortage(ledger({ bookings: [book({ diskBytes: 60 * gib }, elapsedMs)] }), wanted, limits);
    expect(shortageAt(0)).toMatchObject({ what: 'disk', freeBytes: 15 * gib });
    expect(shortageAt(1_000), 'what it has taken shows in the measure').toBeUndefined();
  });

  it('of nothing always fits, and anything fits while nothing is known', () => {
    const empty = { ...host, memoryAvailableBytes: 0, diskFreeBytes: 0 };
    expect(findShortage(ledger({ resources: empty }), wantMemory(0), limits)).toBeUndefined();
    expect(findShortage(ledger({ resources: undefined }), wantMemory(900 * gib), limits)).toBeUndefined();
  });
});
