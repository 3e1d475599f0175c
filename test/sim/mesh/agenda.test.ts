import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { createAgenda, roundMs } from './agenda.ts';

describe('the agenda of a simulated world', () => {
  it('does what was noted down in the order of its moments, and of one moment in the order of noting', () => {
    const random = createRandom(1);
    const agenda = createAgenda();
    const done: { readonly atMs: number; readonly order: number }[] = [];
    const note = (order: number, atMs: number): void =>
      agenda.note(atMs, () => {
        expect(agenda.nowMs).toBe(atMs);
        done.push({ atMs, order });
        // Some are noted down on the way.
        if (order < 1_000) note(order + 1_000, atMs + random.between(0, 50));
      });
    for (let order = 0; order < 1_000; order++) note(order, random.between(0, 300));
    while (agenda.countJobs() > 0) agenda.doNext();
    expect(done).toHaveLength(2_000);
    expect(done.map(({ atMs }) => atMs)).toEqual(done.map(({ atMs }) => atMs).sort((a, b) => a - b));
    const early = done.filter(({ order }) => order < 1_000);
    expect(early).toEqual(early.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order));
  });

  it('never goes back: what is noted down too late happens now', () => {
    const agenda = createAgenda();
    const seen: number[] = [];
    agenda.note(10, () => agenda.note(5, () => seen.push(agenda.nowMs)));
    while (agenda.countJobs() > 0) agenda.doNext();
    expect(seen).toEqual([10]);
  });

  it('has moments that survive the way to another clock and back', () => {
    for (const ms of [0.1, 1 / 3, 12_345.678, 1e7 + 0.3]) {
      const atMs = roundMs(ms);
      expect(atMs).toBeGreaterThanOrEqual(ms);
      expect(atMs + 777_777 - 777_777).toBe(atMs);
    }
  });
});
