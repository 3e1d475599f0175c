import { readFile, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import type { Resources } from '../src/core/dispatch/ledger.ts';

/** Where the figures come from; a test gives its own. */
export interface ResourceSources {
  /** The whole of /proc/meminfo; rejects where there is none. */
  readMemory(): Promise<string>;
  /** Room of the file system of a directory, in bytes; rejects where it cannot be told. */
  readDisk(dir: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
}

const hostSources: ResourceSources = {
  readMemory: () => readFile('/proc/meminfo', 'utf8'),
  readDisk: async (dir) => {
    const { bavail, blocks, bsize } = await statfs(dir);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};

/**
 * What this host has at this moment. Of several file systems the one with the smallest share free counts; where none
 * can be told, there is no bound (a total of 0). Never rejects.
 */
export const measureResources = async (
  dirs: readonly string[],
  sources: ResourceSources = hostSources,
): Promise<Resources> => {
  const bound = process.constrainedMemory();
  const memoryBytes = bound > 0 ? Math.min(totalmem(), bound) : totalmem();
  const found = await Promise.allSettled(dirs.map((dir) => sources.readDisk(dir)));
  const disks = found.flatMap((disk) => (disk.status === 'fulfilled' ? [disk.value] : []));
  const none = { freeBytes: 0, totalBytes: 0 };
  const tightest = disks
    .filter(({ totalBytes }) => totalBytes > 0)
    .reduce((least, disk) => (shareFree(disk) < shareFree(least) ? disk : least), none);
  return {
    memoryBytes,
    memoryAvailableBytes: Math.min(memoryBytes, await readAvailable(sources)),
    diskFreeBytes: tightest.freeBytes,
    diskTotalBytes: tightest.totalBytes,
  };
};

const shareFree = ({ freeBytes, totalBytes }: { freeBytes: number; totalBytes: number }): number =>
  totalBytes === 0 ? Number.POSITIVE_INFINITY : freeBytes / totalBytes;

/** Linux says what programs could have without swapping; elsewhere free memory has to do. */
const readAvailable = async ({ readMemory }: ResourceSources): Promise<number> => {
  const text = await readMemory().catch(() => '');
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? freemem() : Number(kib) * 1024;
};

/** Often enough to see a disk fill; a program that writes 1 GiB/s takes 5 GiB in between. */
const everyMs = 5_000;

/** Tells what the host has, every few seconds, until the returned function is called. One measure at a time. */
export const watchResources = (
  dirs: readonly string[],
  tell: (resources: Resources) => void,
  sources: ResourceSources = hostSources,
): (() => void) => {
  let isClosed = false;
  let isMeasuring = false;
  const measure = async (): Promise<void> => {
    if (isMeasuring) return;
    isMeasuring = true;
    const resources = await measureResources(dirs, sources);
    isMeasuring = false;
    if (!isClosed) tell(resources);
  };
  const timer = setInterval(() => void measure(), everyMs).unref();
  return () => {
    isClosed = true;
    clearInterval(timer);
  };
};
