import { describe, expect, it } from 'vitest';
import { planId, slotName, taskName } from '../../../src/core/ids.ts';
import type { Run, Slot } from '../../../src/core/slot/slot.ts';
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
import { makeLife, tokenOf } from '../lives.ts';

const run: Run = {
  planId: planId('plan'),
  task: 0,
  name: taskName('a'),
  token: tokenOf(makeLife('h1'), 1),
  jobs: 1,
  cores: 1,
  crowdedFromMs: 0,
  startedAtMs: 0,
  startedAtWallMs: 0,
  alone: false,
  reservation: { memoryBytes: 0, diskBytes: 0, workBytes: 0 },
  again: false,
  duplicate: false,
  endAtMs: 1,
  diskLow: false,
  cancelled: undefined,
};

const command = { order: 1, sinceMs: 0 };

describe('a slot', () => {
  it('goes from nothing to a run and back, and forgets failures when it works', () => {
    const slot = createSlot(slotName('build-1'), undefined);
    becomePreparing(slot, command);
    becomeEmpty(slot, 5);
    expect(slot).toMatchObject({ prepareFailures: 1, state: { kind: 'empty', retryAtMs: 5 } });
    becomePreparing(slot, command);
    becomeReady(slot);
    expect(slot.prepareFailures).toBe(0);
    becomeRunning(slot, run);
    becomeCleaning(slot, command);
    slot.cleanFailures = 2;
    becomeStuck(slot, 9);
    becomeCleaning(slot, command);
    becomeEmpty(slot, undefined);
    expect(slot).toMatchObject({ cleanFailures: 0, state: { kind: 'empty' } });
  });

  it('refuses every step that does not follow from where it is', () => {
    const slot = createSlot(slotName('build-1'), undefined);
    for (const step of [becomeReady, (one: Slot) => becomeCleaning(one, command), becomeRetired]) {
      expect(() => step(slot)).toThrow(/slot build-1 is empty/);
    }
    becomePreparing(slot, command);
    expect(() => becomePreparing(slot, command)).toThrow(/is preparing/);
    expect(() => becomeRunning(slot, run)).toThrow(/is preparing/);
    becomeReady(slot);
    becomeRunning(slot, run);
    expect(() => becomeRunning(slot, run)).toThrow(/is running/);
    expect(() => becomeEmpty(slot, undefined)).toThrow(/is running/);
  });
});
