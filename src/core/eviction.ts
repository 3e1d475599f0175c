import { measureDisk } from './dispatch/ledger.ts';
import type { Slot } from './slot/slot.ts';
import type { Step } from './state.ts';

/**
 * Ends one run when the disk is critical, for the others: the youngest of those that are to take much, else the
 * youngest. Never the last one, and the next only when the room that this one leaves has had time to show.
 */
export const relieveDisk = ({ state, now, effects }: Step): void => {
  const { resources, limits, pool } = state;
  const level = measureDisk(resources, limits);
  if (resources === undefined || level === 'ample' || level === 'low') return;
  if (state.evictedAtMs !== undefined && now.now - state.evictedAtMs < limits.evictEveryMs) return;
  const running = pool.slots.flatMap((slot) =>
    slot.state.kind === 'running' ? [{ slot, run: slot.state.run }] : [],
  );
  if (running.length < 2 || running.some(({ run }) => run.cancelled !== undefined)) return;
  const big = running.filter(({ run }) => run.reservation.diskBytes >= limits.bigDiskBytes);
  const victim = (big.length > 0 ? big : running).reduce((youngest, one) =>
    one.run.startedAtMs >= youngest.run.startedAtMs ? one : youngest,
  );
  const { diskFreeBytes: freeBytes, diskTotalBytes: totalBytes } = resources;
  state.evictedAtMs = now.now;
  victim.run.cancelled = 'disk';
  const { name: slot }: Slot = victim.slot;
  const { token, name: task } = victim.run;
  effects.push({ kind: 'cancel', slot, token, reason: 'the disk is nearly full' });
  effects.push({ kind: 'note', note: { kind: 'evicted', task, slot, freeBytes, totalBytes } });
};
