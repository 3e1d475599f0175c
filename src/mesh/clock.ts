/** Time and chance, as the transport asks for them. */
export interface Clock {
  /** Monotonic, milliseconds. */
  now(): number;
  /** Unix time, milliseconds: for people. */
  wall(): number;
  /** Calls `act` once, after so long; what comes back takes that back. */
  after(waitMs: number, act: () => void): () => void;
  /** From 0 (included) to 1 (not). */
  random(): number;
}

/** This host's. None of its timers keeps a process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (waitMs, act) => {
    const timer = setTimeout(act, waitMs).unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
