import type { Effect } from '../src/core/effect.ts';
import type { Entry } from '../src/core/facts/fact.ts';
import type { Event, Now } from '../src/core/input.ts';

export type Start = Extract<Effect, { readonly kind: 'start' }>;

/** The world as the loop needs it. */
export interface LoopPorts {
  clock(): Now;
  /**
   * Durable when it returns. What it throws is trouble of this host, and tried again. `starts`: the runs that begin as soon as it has
   * returned, to be written down in the same commit.
   */
  persist(entries: readonly Entry[], starts: readonly Start[]): void;
  /** Carries out everything but `persist` and `wake`. Must not throw: what goes wrong comes back as an event. */
  perform(effect: Effect): void;
  onPersistTrouble(error: unknown): void;
}

/** One agent's event loop: the only place where the core's state moves. */
export interface Loop {
  push(event: Event): void;
  /** Resolves after the first turn, or at once, when `isSo` holds. */
  settled(isSo: () => boolean): Promise<void>;
  /** True while entries wait to be stored, and everything waits with them. */
  isStuck(): boolean;
  close(): void;
}

/** How long to wait before entries are offered to a full disk again, milliseconds. */
const persistRetryMs = 2_000;

/**
 * Takes events one at a time, steps the core, and carries out the effects. All own entries of a turn are made durable,
 * in one transaction, before anything else of that turn happens; while that fails, nothing else does.
 */
export const startLoop = (step: (event: Event, now: Now) => readonly Effect[], ports: LoopPorts): Loop => {
  const queue: Event[] = [];
  let pending: Effect[] = [];
  let scheduled = false;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  let alarm: NodeJS.Timeout | undefined;
  let waiters: { readonly isSo: () => boolean; readonly resolve: () => void }[] = [];

  const schedule = (): void => {
    if (scheduled || closed || retry !== undefined) return;
    scheduled = true;
    setImmediate(turn);
  };

  const turn = (): void => {
    scheduled = false;
    if (closed) return;
    if (pending.length === 0) {
      for (const event of queue.splice(0)) pending.push(...step(event, ports.clock()));
    }
    if (!persistPending()) return;
    const effects = pending;
    pending = [];
    for (const effect of effects) {
      if (effect.kind === 'wake') setAlarm(effect.at);
      else if (effect.kind !== 'persist') ports.perform(effect);
    }
    if (queue.length > 0) schedule();
    for (const { resolve } of waiters.filter(({ isSo }) => isSo())) resolve();
    waiters = waiters.filter(({ isSo }) => !isSo());
  };

  const persistPending = (): boolean => {
    const entries = pending.flatMap((effect) => (effect.kind === 'persist' ? effect.entries : []));
    if (entries.length === 0) return true;
    try {
      ports.persist(
        entries,
        pending.filter((effect) => effect.kind === 'start'),
      );
      return true;
    } catch (error) {
      ports.onPersistTrouble(error);
      retry = setTimeout(() => {
        retry = undefined;
        schedule();
      }, persistRetryMs);
      return false;
    }
  };

  const setAlarm = (at: number): void => {
    clearTimeout(alarm);
    alarm = setTimeout(() => push({ kind: 'tick' }), Math.max(0, at - ports.clock().now));
  };

  const push = (event: Event): void => {
    queue.push(event);
    schedule();
  };

  return {
    push,
    settled: (isSo) =>
      new Promise((resolve) => {
        if (queue.length === 0 && pending.length === 0 && isSo()) resolve();
        else waiters.push({ isSo, resolve });
      }),
    isStuck: () => retry !== undefined,
    close: () => {
      closed = true;
      clearTimeout(retry);
      clearTimeout(alarm);
    },
  };
};
