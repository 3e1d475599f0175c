import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { readHeld } from '../../src/sandbox/hold/record.ts';
import { isOpen, removeKept } from '../../src/sandbox/keep/store.ts';
import { isRunning, readProcess, signalProcess } from '../../src/sandbox/proc.ts';
import { sweepSlot } from '../../src/sandbox/sweep.ts';
import type { Room } from './room.ts';

/** A holder that has not ended by then has trouble with its sandbox. */
const endWaitMs = 90_000;

/**
 * Takes away a held or a kept sandbox, and returns when it is gone. Throws `BulkmeshError`: SANDBOX_BUSY for a kept one
 * that somebody is in, SANDBOX_STUCK when a holder does not end, and what deleting throws.
 */
export const destroyRoom = async ({ paths }: Config, room: Room): Promise<void> => {
  if (room.kind === 'kept') return removeKeptRoom(paths.state, room);
  const held = readHeld(paths.state, room.slot);
  if (held === undefined) return;
  if (held.holder !== undefined) await endHolder(held.holder, room.slot);
  // A holder that was killed, or that could not destroy it.
  if (readHeld(paths.state, room.slot) !== undefined) await sweepSlot(paths.state, room.slot);
};

const removeKeptRoom = async (stateDir: string, { dir, slot }: Room): Promise<void> => {
  if (isOpen(stateDir, slot)) {
    throw new BulkmeshError('SANDBOX_BUSY', `somebody is in the kept sandbox of ${slot}`, {
      hint: 'it goes by itself when its time is over; or leave it first',
    });
  }
  await removeKept(dir);
};

const endHolder = async (holder: number, slot: string): Promise<void> => {
  const startTicks = readProcess(holder)?.startTicks ?? 0;
  signalProcess(holder, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < endWaitMs; waitedMs += 50) {
    if (!isRunning({ pid: holder, startTicks })) return;
    await delay(50);
  }
  throw new BulkmeshError('SANDBOX_STUCK', `process ${holder} does not give up the sandbox ${slot}`, {
    hint: 'see what it waits for; after its end (kill -9 if need be) destroy the sandbox again',
  });
};
