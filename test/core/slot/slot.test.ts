import { describe, expect, it } from 'vitest';
import { hostId, makeToken, planId, slotName, taskName } from '../../../src/core/ids.ts';
import type { Run } from '../../../src/core/slot/slot.ts';
import {
  becomeCleaning,
  becomeEmpty,
  becomePreparing,
  becomeReady,
  becomeRetired,
  becomeRunning,
  becomeStuck,
  createSlot,
} from '../../../src/core/slot/slot.ts';

const run: Run = {
  planId: planId('plan'),
  task: 0,
  name: taskName('a'),
  token: makeToken({ host: hostId('h1'), incarnation: 1 }, 1),
  jobs: 1,
  startedAtMs: 0,
  startedAtWallMs: 0,
  cancelled: false,
};

describe('a slot', () => {
  it('goes from nothing to a run and back, and forgets failures when it works', () => {
    const slot = createSlot(slotName('build-1'), undefined);
    becomePreparing(slot);
    becomeEmpty(slot, 5);
    expect(slot).toMatchObject({ prepareFailures: 1, state: { kind: 'empty', retryAtMs: 5 } });
    becomePreparing(slot);
    becomeReady(slot);
    expect(slot.prepareFailures).toBe(0);
    becomeRunning(slot, run);
    becomeCleaning(slot);
    slot.cleanFailures = 2;
    becomeStuck(slot, 9);
    becomeCleaning(slot);
    becomeEmpty(slot, undefined);
    expect(slot).toMatchObject({ cleanFailures: 0, state: { kind: 'empty' } });
  });

  it('refuses every step that does not follow from where it is', () => {
    const slot = createSlot(slotName('build-1'), undefined);
    for (const step of [becomeReady, becomeCleaning, becomeRetired]) {
      expect(() => step(slot)).toThrow(/slot build-1 is empty/);
    }
    becomePreparing(slot);
    expect(() => becomePreparing(slot)).toThrow(/is preparing/);
    expect(() => becomeRunning(slot, run)).toThrow(/is preparing/);
    becomeReady(slot);
    becomeRunning(slot, run);
    expect(() => becomeRunning(slot, run)).toThrow(/is running/);
    expect(() => becomeEmpty(slot, undefined)).toThrow(/is running/);
  });
});
