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
  /** Kept from this plan: it was stopped, the host paused after trouble, or another plan or agent had the slot. */
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

/**
 * Books the time since the last call: nothing has changed since then. `usable`: how many slots may be at work for
 * anybody; free ones beyond that are kept from the plan, and 0 keeps all that are free from it.
 */
export const bookTime = (
  account: Account,
  planId: PlanId,
  slots: Iterable<SlotState>,
  { usable, nowMs }: { readonly usable: number; readonly nowMs: number },
): void => {
  const passedMs = nowMs - account.atMs;
  account.atMs = nowMs;
  if (passedMs === 0) return;
  const all = [...slots];
  let open = usable - all.filter(({ kind }) => kind === 'running' || kind === 'preparing').length;
  const bookFree = (): void => {
    open -= 1;
    if (open >= 0) account.starvedMs += passedMs;
    else account.stoppedMs += passedMs;
  };
  for (const state of all) {
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
        else bookFree();
        break;
      case 'ready':
        bookFree();
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
