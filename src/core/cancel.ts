import type { CancelCause, Slot } from './slot/slot.ts';
import type { Step } from './state.ts';

/** Has the run of a slot ended, once. */
export const cancelRun = ({ effects }: Step, slot: Slot, cause: CancelCause, reason: string): void => {
  if (slot.state.kind !== 'running' || slot.state.run.cancelled !== undefined) return;
  const { run } = slot.state;
  run.cancelled = cause;
  effects.push({ kind: 'cancel', slot: slot.name, token: run.token, reason });
};
