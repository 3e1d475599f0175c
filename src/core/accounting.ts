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

/** How many slots there are to book, and how many of them the plan might use. */
interface Capacity {
  /** Tasks that may run at a time when the agent has the host for itself. Spare slots beyond it are nobody's time. */
  readonly runs: number;
  /** How many may run now, for anybody; free places beyond it are kept from the plan, and 0 keeps all of them. */
  readonly usable: number;
}

/**
 * Books the time since the last call: nothing has changed since then. A place where nothing runs is free when there is
 * a slot for it that is ready or has no use; else it waits for a sandbox.
 */
export const bookTime = (
  account: Account,
  planId: PlanId,
  slots: Iterable<SlotState>,
  { runs, usable, nowMs }: Capacity & { readonly nowMs: number },
): void => {
  const passedMs = nowMs - account.atMs;
  account.atMs = nowMs;
  if (passedMs === 0) return;
  const { mine, others, idle, preparing } = countStates(slots, planId);
  const rest = Math.max(0, runs - mine - others);
  const free = Math.min(rest, idle);
  const inSandbox = rest - free;
  const open = Math.max(0, usable - mine - others - Math.min(preparing, inSandbox));
  const starved = Math.min(free, open);
  account.busyMs += passedMs * mine;
  account.sandboxMs += passedMs * inSandbox;
  account.starvedMs += passedMs * starved;
  account.stoppedMs += passedMs * (others + free - starved);
};

const countStates = (slots: Iterable<SlotState>, planId: PlanId) => {
  const count = { mine: 0, others: 0, idle: 0, preparing: 0 };
  for (const state of slots) {
    switch (state.kind) {
      case 'running':
        count[state.run.planId === planId ? 'mine' : 'others'] += 1;
        break;
      case 'ready':
        count.idle += 1;
        break;
      case 'empty':
        if (state.retryAtMs === undefined) count.idle += 1;
        break;
      case 'preparing':
        count.preparing += 1;
        break;
      case 'cleaning':
      case 'stuck':
      case 'retired':
        break;
    }
  }
  return count;
};

export const readAccount = (account: Account): SlotSeconds => ({
  busy: account.busyMs / 1000,
  sandbox: account.sandboxMs / 1000,
  starved: account.starvedMs / 1000,
  stopped: account.stoppedMs / 1000,
});
