import type { Logger } from 'pino';
import type { SlotName } from '../src/core/ids.ts';
import type { Event } from '../src/core/input.ts';
import { messageOf } from '../src/errors.ts';
import type { SandboxDriver } from '../src/sandbox/driver.ts';

/** The slots that were retired, and what sweeps try to do about them. */
export interface Lost {
  add(slot: SlotName): void;
  /** Does something with a slot; as long as that goes on, no sweep touches it. */
  during<Result>(slot: SlotName, work: () => Promise<Result>): Promise<Result>;
  /**
   * Tries once more to take away what retired slots hold, then has the driver remove what nobody holds. Live slots are
   * left alone. Never rejects: what would not go is told in the log.
   */
  sweep(destroy: (slot: SlotName) => Promise<void>): Promise<Event>;
}

export const createLost = ({
  driver,
  log,
}: {
  readonly driver: Pick<SandboxDriver, 'sweep'>;
  readonly log: Logger;
}): Lost => {
  const lost = new Set<SlotName>();
  /** By slot: how many things go on there. */
  const busy = new Map<SlotName, number>();
  /** What the last sweep could not remove: told when it changes. */
  let told = '';

  const count = (slot: SlotName, by: number): void => {
    busy.set(slot, (busy.get(slot) ?? 0) + by);
  };

  const removeLost = async (destroy: (slot: SlotName) => Promise<void>): Promise<readonly SlotName[]> => {
    const clean: SlotName[] = [];
    for (const slot of [...lost]) {
      if ((busy.get(slot) ?? 0) > 0) continue;
      try {
        await destroy(slot);
        lost.delete(slot);
        clean.push(slot);
        log.info({ slot }, 'a slot that had been given up is clean');
      } catch (error) {
        log.warn({ slot, error: messageOf(error) }, 'a slot that was given up still does not come clean');
      }
    }
    return clean;
  };

  const removeRest = async (): Promise<void> => {
    const report = await driver.sweep();
    const { left, notes = [], processesKilled, mountsRemoved, directoriesRemoved } = report;
    if (processesKilled + mountsRemoved + directoriesRemoved > 0 || notes.length > 0) {
      log.info({ ...report, left: left.length }, 'swept what nobody held');
    }
    const text = left.join('\n');
    if (text !== told && text !== '') log.warn({ left }, 'something is left that will not go');
    told = text;
  };

  return {
    add: (slot) => void lost.add(slot),
    during: async (slot, work) => {
      count(slot, 1);
      try {
        return await work();
      } finally {
        count(slot, -1);
      }
    },
    sweep: async (destroy) => {
      const clean = await removeLost(destroy);
      await removeRest().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'a sweep failed'));
      return { kind: 'swept', clean };
    },
  };
};
