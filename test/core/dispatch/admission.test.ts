import { describe, expect, it } from 'vitest';
import {
  admitEnd,
  admitStart,
  admitTrouble,
  advanceAdmission,
  canStart,
  createAdmission,
  findAdmissionDeadline,
  isSuspect,
} from '../../../src/core/dispatch/admission.ts';
import type { Trouble } from '../../../src/core/failure/trouble.ts';
import { defaultLimits } from '../../../src/core/limits.ts';

const limits = defaultLimits;

const meet = (admission: ReturnType<typeof createAdmission>, key: string, trouble: Trouble, nowMs: number) =>
  admitTrouble(admission, { key, trouble, startedAtMs: nowMs }, nowMs, limits);

describe('admission', () => {
  it('holds the host after a full disk, and for longer when the probe fills it again', () => {
    const admission = createAdmission();
    meet(admission, 'a', 'disk-full', 0);
    expect(canStart(admission)).toBe(false);
    expect(findAdmissionDeadline(admission, limits)).toBe(10_000);
    advanceAdmission(admission, 10_000, limits);
    admitStart(admission, 10_000);
    meet(admission, 'b', 'disk-full', 11_000);
    expect(findAdmissionDeadline(admission, limits)).toBe(41_000);
  });

  it('counts several runs that met one full disk as one pause', () => {
    const admission = createAdmission();
    for (const key of ['a', 'b', 'c', 'd']) meet(admission, key, 'disk-full', 0);
    expect(findAdmissionDeadline(admission, limits)).toBe(10_000);
  });

  it('lets one run at a time probe after a pause, and opens when that comes to its end', () => {
    const admission = createAdmission();
    meet(admission, 'a', 'disk-full', 0);
    advanceAdmission(admission, 10_000, limits);
    expect(canStart(admission)).toBe(true);
    admitStart(admission, 10_000);
    expect(canStart(admission)).toBe(false);
    admitEnd(admission, 500);
    expect(canStart(admission), 'an older run says nothing about now').toBe(false);
    admitEnd(admission, 10_000);
    expect(canStart(admission)).toBe(true);
  });

  it('opens when the probe has lived long enough, so that a long build does not idle the host', () => {
    const admission = createAdmission();
    meet(admission, 'a', 'disk-full', 0);
    advanceAdmission(admission, 10_000, limits);
    admitStart(admission, 10_000);
    expect(findAdmissionDeadline(admission, limits)).toBe(40_000);
    advanceAdmission(admission, 40_000, limits);
    expect(canStart(admission)).toBe(true);
  });

  it('suspects and holds the host when three different tasks meet trouble in a row, not when one does thrice', () => {
    const one = createAdmission();
    for (const nowMs of [1, 2, 3]) meet(one, 'a', 'sandbox', nowMs);
    expect(isSuspect(one, limits)).toBe(false);
    expect(canStart(one)).toBe(true);
    const many = createAdmission();
    for (const key of ['a', 'b', 'c']) meet(many, key, 'sandbox', 1);
    expect(isSuspect(many, limits)).toBe(true);
    expect(canStart(many)).toBe(false);
  });

  it.each(['network', 'hook'] as const)(
    'goes on with other tasks after one %s trouble, and holds the host when it is the same for all',
    (trouble) => {
      const admission = createAdmission();
      meet(admission, 'a', trouble, 1);
      meet(admission, 'b', trouble, 2);
      expect(canStart(admission)).toBe(true);
      meet(admission, 'c', trouble, 3);
      expect(canStart(admission)).toBe(false);
    },
  );

  it('does not suspect the host for what tasks bring with them', () => {
    const admission = createAdmission();
    for (const key of ['a', 'b', 'c', 'd']) meet(admission, key, 'missing-dependency', 1);
    expect(isSuspect(admission, limits)).toBe(false);
    expect(canStart(admission)).toBe(true);
  });

  it('forgets the row when a task comes to its own end in between', () => {
    const admission = createAdmission();
    meet(admission, 'a', 'sandbox', 1);
    meet(admission, 'b', 'sandbox', 2);
    admitEnd(admission, 2);
    meet(admission, 'c', 'sandbox', 3);
    expect(isSuspect(admission, limits)).toBe(false);
  });
});
