import type { WatchTable } from '../../../core/watchdog/table.ts';

/** When what hangs or prints without end is killed, and how much of a log is kept. */
export interface WatchPolicy {
  readonly table: WatchTable;
  readonly logBytesMax: number;
}

/** Without output for so long where all that a command does is bring files from afar, a byte counts as output. */
export const isTransfer = (step: string): boolean => step === 'fetch';
