import type { Logger } from 'pino';
import { type Entry, isFact } from '../src/core/facts/fact.ts';
import { BulkmeshError, messageOf } from '../src/errors.ts';
import type { Store } from '../src/store/open.ts';
import type { Director } from './build/director.ts';

/** Entries of other hosts on their way to the disk. */
export interface Backlog {
  keep(entries: readonly Entry[]): void;
  /** Writes what waits: somebody is about to read it. */
  flush(): void;
  /** Writes what waits, and takes no more. */
  close(): void;
}

/** How long an entry waits at most, milliseconds, and how many wait. */
const waitMs = 1_000;
const entriesMax = 256;

/** Beyond it the oldest go: those who made them have them, and give them again. */
const heldMax = 100 * entriesMax;

/** Trouble that passes by itself or when somebody makes room. */
const passing: ReadonlySet<string> = new Set(['STORE_DISK_FULL', 'STORE_BUSY']);

/**
 * Stores entries that others made, many in one commit. What is lost here is no harm, so trouble is only noted: with a full
 * disk they wait for room, and what can never be stored is left out.
 */
export const createBacklog = ({
  store,
  director,
  log,
}: {
  readonly store: Pick<Store, 'together' | 'addEntries' | 'addHistory'>;
  readonly director: Pick<Director, 'describeHistory'>;
  readonly log: Logger;
}): Backlog => {
  let held: Entry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const storeEach = (entries: readonly Entry[]): void => {
    for (const entry of entries) {
      try {
        store.addEntries([entry]);
      } catch (error) {
        const { task, token, origin } = entry;
        log.warn({ task, token, origin, error: messageOf(error) }, 'an entry of another host is left out');
      }
    }
  };

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (held.length === 0) return;
    const entries = held;
    held = [];
    try {
      store.together(() => {
        store.addEntries(entries);
        store.addHistory(director.describeHistory(entries.filter(isFact)));
      });
    } catch (error) {
      if (!(error instanceof BulkmeshError && passing.has(error.code))) {
        storeEach(entries);
        return;
      }
      log.warn({ entries: entries.length, error: messageOf(error) }, 'entries of other hosts wait for room');
      held = entries.slice(-heldMax);
      schedule();
    }
  };

  const schedule = (): void => {
    if (!isClosed) timer ??= setTimeout(flush, waitMs);
  };

  return {
    keep: (entries) => {
      if (isClosed) return;
      const isRetrying = held.length >= entriesMax;
      held.push(...entries);
      if (held.length >= entriesMax && !isRetrying) flush();
      else schedule();
    },
    flush,
    close: () => {
      isClosed = true;
      flush();
    },
  };
};
