import { describe, expect, it } from 'vitest';
import type { TroubleCount } from '../../../src/core/failure/policy.ts';
import { judgeTrouble } from '../../../src/core/failure/policy.ts';
import type { Trouble } from '../../../src/core/failure/trouble.ts';
import { defaultLimits } from '../../../src/core/limits.ts';

const judge = (trouble: Trouble, before: TroubleCount | undefined, hostSuspect = false) =>
  judgeTrouble(trouble, before, { hostSuspect, limits: defaultLimits });

describe('judgeTrouble', () => {
  it('tries a task again at once when only its sandbox broke', () => {
    expect(judge('sandbox', undefined)).toEqual({
      kind: 'retry',
      count: { charged: 1, total: 1 },
      pauseMs: undefined,
    });
  });

  it('waits longer each time for what may come right with time', () => {
    const first = judge('missing-dependency', undefined);
    const second = judge('missing-dependency', first.count);
    expect([first, second].map((verdict) => verdict.kind === 'retry' && verdict.pauseMs)).toEqual([
      5_000, 10_000,
    ]);
  });

  it('gives a task up after three attempts', () => {
    expect(judge('sandbox', { charged: 2, total: 2 }).kind).toBe('giveUp');
  });

  it('charges a task with nothing while the host is the suspect, but not for ever', () => {
    const verdict = judge('sandbox', { charged: 2, total: 2 }, true);
    expect(verdict).toMatchObject({ kind: 'retry', count: { charged: 2, total: 3 } });
    expect(judge('sandbox', { charged: 0, total: 7 }, true).kind).toBe('giveUp');
    expect(judge('missing-dependency', { charged: 2, total: 2 }, true).kind).toBe('giveUp');
  });
});
