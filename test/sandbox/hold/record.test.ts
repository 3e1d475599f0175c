import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  freeHeldSlot,
  heldSlot,
  isHeldForPeople,
  listHeld,
  readHeld,
  writeHeld,
} from '../../../src/sandbox/hold/record.ts';
import { createSlotDir, newRecord, replaceRecord, slotsDir } from '../../../src/sandbox/record.ts';
import { sweepSlot, sweepSlots } from '../../../src/sandbox/sweep.ts';
import { makeStateDir, removeTempDir } from '../support/host.ts';

let state: string;
beforeEach(() => {
  state = makeStateDir();
});
afterEach(() => removeTempDir(join(state, '..')));

const put = (slot: string): string => {
  const dir = join(slotsDir(state), slot);
  createSlotDir(dir, newRecord('linux', slot, []));
  return dir;
};

/** A process that was never there. */
const nobody = { pid: 4_000_000, startTicks: 1 };

describe('held sandboxes', () => {
  it('have names that can be directories and are none of the agent, with or without their prefix', () => {
    expect([heldSlot('zlib'), heldSlot('dev-zlib')]).toEqual(['dev-zlib', 'dev-zlib']);
    for (const name of ['', '../x', 'a b', '-x', 'dev-', '.x', 'x'.repeat(41), 'a/b', 'a\n']) {
      expect(() => heldSlot(name), name).toThrow(/is no name for a sandbox/);
    }
  });

  it('get the first number that is free', () => {
    expect(freeHeldSlot(state)).toBe('dev-1');
    put('dev-1');
    put('dev-3');
    expect(freeHeldSlot(state)).toBe('dev-2');
  });

  it('are known by their records: who holds them, until when; slots of builds are none', () => {
    put('build-1');
    put('dev-b');
    writeHeld(state, 'dev-b', { madeAtMs: 1, untilMs: 2, env: {} });
    mkdirSync(join(slotsDir(state), 'dev-a'));
    const [only, ...others] = listHeld(state);
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      slot: 'dev-b',
      holder: process.pid,
      init: undefined,
      record: { untilMs: 2 },
    });
    expect(readHeld(state, 'dev-none')).toBeUndefined();
  });

  it('are left alone by sweeps while their holder lives, without a word; then they are swept', async () => {
    const dir = put('dev-1');
    expect(isHeldForPeople(state, 'dev-1')).toBe(true);
    expect(await sweepSlots(state, new Set())).toMatchObject({ directoriesRemoved: 0, left: [] });
    replaceRecord(dir, { ...newRecord('linux', 'dev-1', []), agent: nobody });
    expect(readHeld(state, 'dev-1')?.holder).toBeUndefined();
    await sweepSlot(state, 'dev-1');
    expect(listHeld(state)).toEqual([]);
  });
});
