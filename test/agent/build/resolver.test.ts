import { describe, expect, it } from 'vitest';
import { resolveInThread } from '../../../agent/build/resolver.ts';
import { resolveRecords } from '../../../src/pkgsrc/resolve.ts';
import { makeRecord } from '../../pkgsrc/records.ts';

const unused = new AbortController().signal;

describe('resolving in a thread', () => {
  it('gives what resolving here gives: choices, reasons, cycles, blame, and no name twice', async () => {
    const records = [
      makeRecord('top-1', { depends: 'mid>=1 bad>=1 a>=1' }),
      makeRecord('mid-1', { depends: 'low-[0-9]* {low,other}>=1' }),
      makeRecord('low-2', { skip: 'not here' }),
      makeRecord('low-1'),
      makeRecord('low-1', { depends: 'gone>=1' }),
      makeRecord('bad-1', { depends: 'gone>=1 {x:../../cat/x' }),
      makeRecord('a-1', { depends: 'b>=1' }),
      makeRecord('b-1', { depends: 'a>=1' }),
    ];
    const resolution = await resolveInThread(records, unused);
    expect(resolution).toEqual(resolveRecords(records));
    expect(resolution.packages).toHaveLength(7);
  });

  it('leaves the records as they were, for another time', async () => {
    const records = [makeRecord('a-1', { depends: 'b>=1' }), makeRecord('b-1')];
    const first = await resolveInThread(records, unused);
    expect(await resolveInThread(records, unused)).toEqual(first);
  });

  it('takes no record at all', async () => {
    expect(await resolveInThread([], unused)).toEqual({ packages: [] });
  });

  it('ends with the reason when it is stopped, before it began or in the middle', async () => {
    const reason = new Error('stopped by the user');
    await expect(resolveInThread([makeRecord('a-1')], AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const ended = resolveInThread([makeRecord('a-1')], controller.signal);
    controller.abort(reason);
    await expect(ended).rejects.toBe(reason);
  });

  it('ends with an error that says so when the thread fails', async () => {
    // No name can be this: the thread is handed what it cannot work with.
    const broken = { ...makeRecord('a-1'), pkgname: 5 } as never;
    await expect(resolveInThread([broken], unused)).rejects.toThrow(/the thread that resolves .* failed: /);
  });

  it('lets timers run meanwhile', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await resolveInThread([makeRecord('a-1')], unused);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});
