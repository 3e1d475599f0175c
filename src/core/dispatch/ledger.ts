import type { WorkArea } from '../effect.ts';
import type { Limits } from '../limits.ts';
import type { Task } from '../plan.ts';

/** What a host has, as it was last measured. Bytes. */
export interface Resources {
  /** Memory that all its builds together may count on. */
  readonly memoryBytes: number;
  /** Memory that is free now, or can be made so without harm. */
  readonly memoryAvailableBytes: number;
  /** Of the file system, among those that builds fill, that has the smallest share free. */
  readonly diskFreeBytes: number;
  readonly diskTotalBytes: number;
}

/** What a run is expected to take at its most, by history; 0 where nothing is known. Bytes. */
export interface Reservation {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Of a work area in memory: its bound, kept free for it. */
  readonly workBytes: number;
}

/** A reservation that holds, and how much of its expected time is over. */
export interface Booking {
  readonly reservation: Reservation;
  readonly elapsedMs: number;
  readonly estimateMs: number;
}

/** What a host has for its builds, and what is promised of it. */
export interface Ledger {
  /** Undefined until the first measure: then everything fits, and work lies on disk. */
  readonly resources: Resources | undefined;
  /** What all work areas in memory may take together; 0: none lies there. */
  readonly workMemoryBytes: number;
  readonly bookings: readonly Booking[];
}

/**
 * How much room the disk has. `low`: nothing starts beside what runs. `critical`: one run after the other is ended to
 * save the oldest. `full`: not even a single run starts.
 */
export type DiskLevel = 'ample' | 'low' | 'critical' | 'full';

/** The level of the disk by shares of its size, with a cap for large ones, of which a tenth is plenty. */
export const measureDisk = (resources: Resources | undefined, limits: Limits): DiskLevel => {
  if (resources === undefined) return 'ample';
  const { diskFreeBytes, diskTotalBytes } = resources;
  const isBelow = ({ share, bytesMax }: Limits['diskLow']): boolean =>
    diskFreeBytes < Math.min(diskTotalBytes * share, bytesMax);
  if (isBelow(limits.diskFull)) return 'full';
  if (isBelow(limits.diskCritical)) return 'critical';
  return isBelow(limits.diskLow) ? 'low' : 'ample';
};

/** What a task is expected to take, with a margin over what it took before. */
export const reserveFor = (task: Task, work: WorkArea, limits: Limits): Reservation => ({
  memoryBytes: Math.ceil(task.memoryBytes * limits.reserveMargin),
  diskBytes: work.kind === 'disk' ? Math.ceil(task.diskBytes * limits.reserveMargin) : 0,
  workBytes: work.kind === 'memory' ? work.sizeBytes : 0,
});

/** Where the work area of a task goes: in memory, when its size is known and there is room for it; else on disk. */
export const chooseWork = (ledger: Ledger, task: Task, limits: Limits): WorkArea => {
  const { resources, workMemoryBytes, bookings } = ledger;
  if (resources === undefined || task.diskBytes === 0) return { kind: 'disk' };
  const sizeBytes = Math.ceil(task.diskBytes * limits.workMargin) + limits.workExtraBytes;
  const taken = bookings.reduce((sum, { reservation }) => sum + reservation.workBytes, 0);
  const needed = sizeBytes + Math.ceil(task.memoryBytes * limits.reserveMargin);
  const fits = sizeBytes <= workMemoryBytes - taken && needed <= findFreeMemory(resources, bookings);
  return fits ? { kind: 'memory', sizeBytes } : { kind: 'disk' };
};

/** What a reservation asks for that is not there beside what is promised already. */
export interface Shortage {
  readonly what: 'memory' | 'disk';
  readonly neededBytes: number;
  readonly freeBytes: number;
}

/** Whether a reservation fits beside those that hold; undefined: it does. What asks for nothing always fits. */
export const findShortage = (
  { resources, bookings }: Ledger,
  wanted: Reservation,
  limits: Limits,
): Shortage | undefined => {
  if (resources === undefined) return undefined;
  const memory = wanted.memoryBytes + wanted.workBytes;
  const freeMemory = findFreeMemory(resources, bookings);
  if (memory > 0 && memory > freeMemory) {
    return { what: 'memory', neededBytes: memory, freeBytes: Math.max(0, freeMemory) };
  }
  const freeDisk = findFreeDisk({ bookings }, resources, limits);
  if (wanted.diskBytes > 0 && wanted.diskBytes > freeDisk) {
    return { what: 'disk', neededBytes: wanted.diskBytes, freeBytes: Math.max(0, freeDisk) };
  }
  return undefined;
};

/** Disk above the critical level that nothing is promised of. */
export const findFreeDisk = (
  { bookings }: Pick<Ledger, 'bookings'>,
  resources: Resources,
  limits: Limits,
): number => {
  const { share, bytesMax } = limits.diskCritical;
  const floor = Math.min(resources.diskTotalBytes * share, bytesMax);
  return resources.diskFreeBytes - floor - sumUnused(bookings, ({ diskBytes }) => diskBytes);
};

/** Memory that is neither promised nor, by others on this host perhaps, in use. */
export const findFreeMemory = (resources: Resources, bookings: readonly Booking[]): number => {
  const of = ({ memoryBytes, workBytes }: Reservation): number => memoryBytes + workBytes;
  const promised = bookings.reduce((sum, { reservation }) => sum + of(reservation), 0);
  const unpromised = resources.memoryBytes - promised;
  return Math.min(unpromised, resources.memoryAvailableBytes - sumUnused(bookings, of));
};

/** What runs have not taken yet of what they are expected to: it grows with their time, as far as anybody can tell. */
const sumUnused = (bookings: readonly Booking[], of: (reservation: Reservation) => number): number =>
  bookings.reduce((sum, { reservation, elapsedMs, estimateMs }) => {
    const left = Math.max(0, 1 - elapsedMs / estimateMs);
    return sum + of(reservation) * left;
  }, 0);
