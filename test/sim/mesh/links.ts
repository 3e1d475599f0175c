import type { Random } from '../random.ts';
import { createStream } from './chance.ts';
import type { NetworkSpec } from './scenario.ts';

/** One direction between two places. */
export interface Link {
  /** How many faults keep everything back. */
  blocks: number;
  /** The slowest of these holds. */
  readonly slow: Slowness[];
  /** Called when the last block goes. */
  readonly waiting: Set<() => void>;
  readonly random: Random;
  /** Until when the wire is busy with what was sent before, where it is slow. */
  busyMs: number;
}

export interface Slowness {
  readonly delayMs: number;
  readonly bytesPerMs: number;
}

/** All links of a world, made as they are asked for. */
export interface Links {
  find(from: number, to: number): Link;
  /** Open both ways: a connection can be made. */
  isOpen(a: number, b: number): boolean;
  /** When what is sent now arrives. */
  findArrival(link: Link, nowMs: number, bytes: number): number;
  /** How fast files go, bytes in a millisecond. */
  findSpeed(link: Link): number;
  block(from: number, to: number): void;
  unblock(from: number, to: number): void;
}

export const createLinks = (seed: number, { delayMs, bytesPerMs }: NetworkSpec): Links => {
  const rows: Link[][] = [];

  const find = (from: number, to: number): Link => {
    rows[from] ??= [];
    const row = rows[from];
    const found = row[to];
    if (found !== undefined) return found;
    const random = createStream(seed, 'link', from, to);
    const link: Link = { blocks: 0, slow: [], waiting: new Set(), random, busyMs: 0 };
    row[to] = link;
    return link;
  };

  return {
    find,
    isOpen: (a, b) => find(a, b).blocks === 0 && find(b, a).blocks === 0,
    findArrival: (link, nowMs, bytes) => {
      const share = link.random.next();
      const atMs = nowMs + delayMs * (1 + 2 * share * share * share);
      if (link.slow.length === 0) return atMs;
      let after = 0;
      let speed = bytesPerMs;
      for (const each of link.slow) {
        after = Math.max(after, each.delayMs);
        speed = Math.min(speed, each.bytesPerMs);
      }
      link.busyMs = Math.max(link.busyMs, nowMs) + bytes / speed;
      return link.busyMs + (atMs - nowMs) + after;
    },
    findSpeed: (link) => link.slow.reduce((speed, each) => Math.min(speed, each.bytesPerMs), bytesPerMs),
    block: (from, to) => {
      find(from, to).blocks += 1;
    },
    unblock: (from, to) => {
      const link = find(from, to);
      link.blocks -= 1;
      if (link.blocks > 0) return;
      const waiting = [...link.waiting];
      link.waiting.clear();
      for (const release of waiting) release();
    },
  };
};
