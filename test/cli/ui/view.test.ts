import { describe, expect, it } from 'vitest';
import { applyEvent, measureProgress } from '../../../cli/ui/view.ts';
import { building, noCounts, noonMs } from './samples.ts';

describe('the view between two snapshots', () => {
  it('moves a package from ready to running to failed, and what it blocks out of the waiting', () => {
    const started = applyEvent(building, {
      kind: 'started',
      pkg: 'zlib-1.3',
      slot: 'build-3',
      jobs: 2,
      atMs: noonMs,
    });
    expect(started.counts).toMatchObject({ ready: 3, running: 3 });
    expect(started.slots[2]).toMatchObject({ slot: 'build-3', state: 'running', pkg: 'zlib-1.3', jobs: 2 });
    const ended = applyEvent(started, {
      kind: 'ended',
      pkg: 'zlib-1.3',
      slot: 'build-3',
      outcome: { kind: 'failed', class: 'package', stage: 'build', reason: '' },
      wallMs: 5,
      blocks: 6,
    });
    expect(ended.counts).toMatchObject({ running: 2, failed: 2, blocked: 8, waiting: 4 });
    expect(ended.slots[2]).toMatchObject({ state: 'cleaning', pkg: undefined });
  });

  it('takes no stage of a package that is no longer on the slot', () => {
    const late = { kind: 'stage', pkg: 'old-1', slot: 'build-1', stage: 'package', atMs: noonMs } as const;
    expect(applyEvent(building, late).slots[0]?.stage).toBe('build');
  });

  it('is replaced whole by the next snapshot', () => {
    const next = { ...building, counts: { ...noCounts, total: 1 } };
    expect(applyEvent(building, { kind: 'snapshot', snapshot: next })).toBe(next);
  });

  it('counts blocked packages as done and masked ones not at all', () => {
    expect(building.counts && measureProgress(building.counts)).toEqual({ done: 14, whole: 30 });
  });
});
