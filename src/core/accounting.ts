import type { PlanId } from './ids.ts';
import type { SlotState } from './slot/slot.ts';

/**
 * Where the slot time of one plan went, from its coming to its end. In slot-seconds; the four sum to
 * `slots x makespan`, whatever happened.
 */
export interface SlotSeconds {
  /** Running tasks of this plan. */
  readonly busy: number;
  /** Making and cleaning sandboxes, and waiting to try that again. */
  readonly sandbox: number;
  /** Free for this plan while it had nothing ready. */
  readonly starved: number;
  /** Kept from this plan: it was stopped, the host paused after trouble, or another plan had the slot. */
  readonly stopped: number;
}

/** The running sums behind `SlotSeconds`, in slot-milliseconds. */
export interface Account {
  busyMs: number;
  sandboxMs: number;
  starvedMs: number;
  stoppedMs: number;
  /** Up to when the sums reach. */
  atMs: number;
}

export const openAccount = (nowMs: number): Account => ({
  busyMs: 0,
  sandboxMs: 0,
  starvedMs: 0,
  stoppedMs: 0,
  atMs: nowMs,
});

/** Books the time since the last call: nothing has changed since then. `withheld`: free slots start nothing of it. */
export const bookTime = (
  account: Account,
  planId: PlanId,
  slots: Iterable<SlotState>,
  { withheld, nowMs }: { readonly withheld: boolean; readonly nowMs: number },
): void => {
  const passedMs = nowMs - account.atMs;
  account.atMs = nowMs;
  if (passedMs === 0) return;
  for (const state of slots) {
    switch (state.kind) {
      case 'running':
        if (state.run.planId === planId) account.busyMs += passedMs;
        else account.stoppedMs += passedMs;
        break;
      case 'preparing':
      case 'cleaning':
      case 'stuck':
        account.sandboxMs += passedMs;
        break;
      case 'empty':
        if (state.retryAtMs !== undefined) account.sandboxMs += passedMs;
        else if (withheld) account.stoppedMs += passedMs;
        else account.starvedMs += passedMs;
        break;
      case 'ready':
        if (withheld) account.stoppedMs += passedMs;
        else account.starvedMs += passedMs;
        break;
      case 'retired':
        break;
    }
  }
};

export const readAccount = (account: Account): SlotSeconds => ({
  busy: account.busyMs / 1000,
  sandbox: account.sandboxMs / 1000,
  starved: account.starvedMs / 1000,
  stopped: account.stoppedMs / 1000,
});
