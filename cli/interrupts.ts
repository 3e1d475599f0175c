/** Counts the wishes to stop: Ctrl-C, SIGTERM, a terminal that went away. */
export interface Interrupts {
  /** How many came so far. */
  readonly count: number;
  /** Calls back with the count at each one, and at once when some came before. One listener at a time. */
  listen(listener: (count: number) => void): void;
  /** From now on hangups are told to this listener, and no longer counted. */
  takeHangups(listener: () => void): void;
  /** Gives the signals back to Node's default. */
  close(): void;
}

/**
 * Takes SIGINT, SIGTERM and SIGHUP from now on. SIGHUP counts as two unless `takeHangups` has it: nobody is left
 * who could ask again, so what asks for a stop asks for it now.
 */
export function watchInterrupts(): Interrupts {
  let count = 0;
  let notify: ((count: number) => void) | undefined;
  let hangUp = (): void => add(2);
  const add = (times: number): void => {
    for (let i = 0; i < times; i += 1) {
      count += 1;
      notify?.(count);
    }
  };
  const handlers = new Map<NodeJS.Signals, () => void>([
    ['SIGINT', () => add(1)],
    ['SIGTERM', () => add(1)],
    ['SIGHUP', () => hangUp()],
  ]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return {
    get count() {
      return count;
    },
    listen: (listener) => {
      notify = listener;
      for (let i = 1; i <= count; i += 1) listener(i);
    },
    takeHangups: (listener) => {
      hangUp = listener;
    },
    close: () => {
      for (const [signal, handler] of handlers) process.removeListener(signal, handler);
    },
  };
}
