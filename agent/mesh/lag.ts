import type { Event } from '../../src/core/input.ts';

const lookMs = 250;
const tellMs = 2_000;

/** Tells the core how late this agent's own timers are: whoever is slow itself is slow to judge others. */
export const watchLag = (push: (event: Event) => void): (() => void) => {
  let atMs = performance.now();
  let toldAtMs = atMs;
  let [worstMs, toldMs] = [0, 0];
  const timer = setInterval(() => {
    const nowMs = performance.now();
    worstMs = Math.max(worstMs, nowMs - atMs - lookMs);
    atMs = nowMs;
    if (nowMs - toldAtMs < tellMs) return;
    toldAtMs = nowMs;
    const lagMs = Math.round(worstMs);
    worstMs = 0;
    // What is said again changes nothing.
    if (lagMs !== toldMs) push({ kind: 'lag', lagMs });
    toldMs = lagMs;
  }, lookMs).unref();
  return () => clearInterval(timer);
};
