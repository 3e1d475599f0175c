import type { Random } from './random.ts';

/** The disk of a simulated host, which others fill now and then, and empty again. */
export interface Disk {
  readonly totalBytes: number;
  /** Room that is left at a moment, when runs hold so much. */
  measure(nowMs: number, heldBytes: number): number;
  /** How long the agent waits with its next measure: short while something may happen. */
  findPauseMs(nowMs: number): number;
}

const gib = 1024 ** 3;
const totalBytes = 100 * gib;

export const createDisk = (random: Random, floods: number): Disk => {
  const episodes = Array.from({ length: floods }, () => {
    const fromMs = random.between(0, 4_000);
    return {
      fromMs,
      untilMs: fromMs + random.between(50, 3_000),
      bytes: Math.round((0.8 + 0.2 * random.next()) * totalBytes),
    };
  });
  const calmFromMs = Math.max(0, ...episodes.map(({ untilMs }) => untilMs)) + 1_000;
  return {
    totalBytes,
    findPauseMs: (nowMs) => (nowMs < calmFromMs ? 100 : 10_000),
    measure: (nowMs, heldBytes) => {
      const others = episodes
        .filter(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs)
        .reduce((most, { bytes }) => Math.max(most, bytes), 0);
      return Math.max(0, totalBytes - others - heldBytes);
    },
  };
};
