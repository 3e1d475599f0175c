import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createLost } from '../../agent/lost.ts';
import { slotName } from '../../src/core/ids.ts';
import type { SweepReport } from '../../src/sandbox/driver.ts';

const nothing: SweepReport = { processesKilled: 0, mountsRemoved: 0, directoriesRemoved: 0, left: [] };
const first = slotName('build-1');
const second = slotName('build-2');

describe('slots that were given up', () => {
  const make = (sweep: () => Promise<SweepReport> = async () => nothing) => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
    return { lost: createLost({ driver: { sweep }, log }), lines };
  };

  it('are tried again by each sweep until they come clean, and are told then', async () => {
    const { lost } = make();
    lost.add(first);
    lost.add(second);
    const tried: string[] = [];
    const destroy = async (slot: string): Promise<void> => {
      tried.push(slot);
      if (slot === first && tried.length < 3) throw new Error('busy');
    };
    expect(await lost.sweep(destroy)).toEqual({ kind: 'swept', clean: [second] });
    expect(await lost.sweep(destroy)).toEqual({ kind: 'swept', clean: [first] });
    expect(await lost.sweep(destroy)).toEqual({ kind: 'swept', clean: [] });
    expect(tried).toEqual([first, second, first]);
  });

  it('are left alone while something still goes on there', async () => {
    const { lost } = make();
    const making = Promise.withResolvers<void>();
    const made = lost.during(first, () => making.promise);
    lost.add(first);
    const destroy = async (): Promise<void> => {};
    expect(await lost.sweep(destroy)).toMatchObject({ clean: [] });
    making.resolve();
    await made;
    expect(await lost.sweep(destroy)).toMatchObject({ clean: [first] });
  });

  it('say what a sweep removed, and what will not go only when that changes', async () => {
    const left = ['slots/x: not ours'];
    const { lost, lines } = make(async () => ({ ...nothing, directoriesRemoved: 2, left }));
    const destroy = async (): Promise<void> => {};
    await lost.sweep(destroy);
    await lost.sweep(destroy);
    const count = (text: string): number => lines.filter((line) => line.includes(text)).length;
    expect([count('"directoriesRemoved":2'), count('not ours')]).toEqual([2, 1]);
  });

  it('are told even when the rest of the sweep fails', async () => {
    const { lost } = make(async () => {
      throw new Error('no /proc');
    });
    lost.add(first);
    expect(await lost.sweep(async () => {})).toEqual({ kind: 'swept', clean: [first] });
  });
});
