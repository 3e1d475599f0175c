import { freemem, totalmem } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { measureResources, type ResourceSources, watchResources } from '../../agent/resources.ts';
import type { Resources } from '../../src/core/dispatch/ledger.ts';

const disks: Readonly<Record<string, { freeBytes: number; totalBytes: number }>> = {
  '/large': { freeBytes: 500, totalBytes: 10_000 },
  '/small': { freeBytes: 80, totalBytes: 100 },
  '/empty': { freeBytes: 0, totalBytes: 0 },
};
const sources: ResourceSources = {
  readMemory: async () => 'MemTotal:       24681668 kB\nMemAvailable:         2048 kB\n',
  readDisk: async (dir) => disks[dir] ?? Promise.reject(new Error('ENOENT')),
};

describe('the measure of a host', () => {
  it('is that of the disk with the smallest share free, and of the memory that programs can have', async () => {
    expect(await measureResources(['/small', '/large', '/empty', '/gone'], sources)).toMatchObject({
      diskFreeBytes: 500,
      diskTotalBytes: 10_000,
      memoryAvailableBytes: 2048 * 1024,
    });
  });

  it('has no bound for a disk that cannot be told', async () => {
    expect(await measureResources(['/gone'], sources)).toMatchObject({ diskFreeBytes: 0, diskTotalBytes: 0 });
  });

  it('takes free memory where the system has no better figure', async () => {
    const elsewhere = { ...sources, readMemory: () => Promise.reject(new Error('ENOENT')) };
    const { memoryBytes, memoryAvailableBytes } = await measureResources([], elsewhere);
    expect(memoryBytes).toBeLessThanOrEqual(totalmem());
    expect(memoryAvailableBytes).toBeGreaterThan(0);
    expect(Math.abs(memoryAvailableBytes - Math.min(memoryBytes, freemem()))).toBeLessThan(totalmem() / 4);
  });

  it('is of this host where nothing else is said', async () => {
    const { diskFreeBytes, diskTotalBytes } = await measureResources([process.cwd()]);
    expect(diskTotalBytes).toBeGreaterThan(0);
    expect(diskFreeBytes).toBeLessThanOrEqual(diskTotalBytes);
  });
});

describe('the watch over a host', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('measures every five seconds, one measure at a time, until it is stopped', async () => {
    const told: Resources[] = [];
    let asked = 0;
    let release = (): void => {};
    const slow: ResourceSources = {
      ...sources,
      readDisk: (dir) => {
        asked += 1;
        if (asked > 1) return sources.readDisk(dir);
        return new Promise((resolve) => {
          release = () => resolve({ freeBytes: 1, totalBytes: 2 });
        });
      },
    };
    const stop = watchResources(['/small'], (resources) => told.push(resources), slow);
    await vi.advanceTimersByTimeAsync(15_000);
    expect([asked, told.length]).toEqual([1, 0]);
    release();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told.map(({ diskFreeBytes }) => diskFreeBytes)).toEqual([1, 80]);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toHaveLength(2);
  });
});
