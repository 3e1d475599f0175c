import type { Clock } from '../../../src/mesh/clock.ts';

/** Time that goes by when a test says so, and chances that are always in the middle. */
export const makeTime = () => {
  let nowMs = 0;
  let planned: { readonly atMs: number; readonly act: () => void }[] = [];
  const clock: Clock = {
    now: () => nowMs,
    wall: () => 1_790_000_000_000 + nowMs,
    after: (waitMs, act) => {
      const entry = { atMs: nowMs + waitMs, act };
      planned.push(entry);
      return () => {
        planned = planned.filter((other) => other !== entry);
      };
    },
    random: () => 0.5,
  };
  const advance = (forMs: number): void => {
    const endMs = nowMs + forMs;
    for (;;) {
      const [next] = planned.toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > endMs) break;
      planned = planned.filter((other) => other !== next);
      nowMs = next.atMs;
      next.act();
    }
    nowMs = endMs;
  };
  return { clock, advance };
};
