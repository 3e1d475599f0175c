import { describe, expect, it } from 'vitest';
import { applyEvent, measureProgress } from '../../../cli/ui/view.ts';
import { building, noCounts, noonMs } from './samples.ts';

describe('the view between two snapshots', () => {
  const failed = {
    kind: 'ended',
    pkg: 'zlib-1.3',
    slot: 'build-3',
    outcome: { kind: 'failed', class: 'package', stage: 'build', reason: '' },
    wallMs: 5,
    blocks: 6,
  } as const;

  it('puts a package on its slot and takes it away with its end', () => {
    const started = applyEvent(building, {
      kind: 'started',
      pkg: 'zlib-1.3',
      slot: 'build-3',
      jobs: 2,
      atMs: noonMs,
    });
    expect(started.slots[2]).toMatchObject({ slot: 'build-3', state: 'running', pkg: 'zlib-1.3', jobs: 2 });
    const ended = applyEvent(started, { ...failed, counts: building.counts });
    expect(ended.slots[2]).toMatchObject({ state: 'cleaning', pkg: undefined });
  });

  it('counts a package once that two failures block', () => {
    const counts = { ...noCounts, total: 10, failed: 1, blocked: 6, waiting: 3 };
    const once = applyEvent(building, { ...failed, counts });
    const twice = applyEvent(once, {
      ...failed,
      pkg: 'bc-1.0',
      counts: { ...counts, failed: 2, waiting: 2 },
    });
    expect(twice.counts && measureProgress(twice.counts)).toEqual({ done: 8, whole: 10 });
  });

  it('keeps the counts that it has when an end comes without', () => {
    expect(applyEvent(building, { ...failed, counts: undefined }).counts).toBe(building.counts);
  });

  it('takes no stage of a package that is no longer on the slot', () => {
    const late = { kind: 'stage', pkg: 'old-1', slot: 'build-1', stage: 'package', atMs: noonMs } as const;
    expect(applyEvent(building, late).slots[0]?.stage).toBe('build');
  });

  it('is replaced whole by the next snapshot', () => {
    const next = { ...building, counts: { ...noCounts, total: 1 } };
    expect(applyEvent(building, { kind: 'snapshot', snapshot: next })).toBe(next);
  });

  it('counts blocked packages as done, masked ones and those that are kept not at all', () => {
    expect(building.counts && measureProgress(building.counts)).toEqual({ done: 14, whole: 30 });
    const kept = { ...noCounts, total: 10, kept: 4, masked: 1, built: 2, waiting: 3 };
    expect(measureProgress(kept)).toEqual({ done: 2, whole: 5 });
  });
});
