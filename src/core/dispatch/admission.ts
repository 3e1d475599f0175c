import { assert } from '../assert.ts';
import { troublePolicies } from '../failure/policy.ts';
import type { Trouble } from '../failure/trouble.ts';
import type { Limits } from '../limits.ts';
import { backoffMs } from '../limits.ts';

/**
 * Whether this host may start tasks. A full disk, or trouble with several tasks in a row, holds it; after the
 * pause one run at a time probes whether things are better.
 *
 *     open -> held -> probing -> open
 *              ^_________|
 */
type Gate =
  | { readonly kind: 'open' }
  | { readonly kind: 'held'; readonly untilMs: number }
  /** `sinceMs`: when the probe started; undefined until there is one. */
  | { readonly kind: 'probing'; readonly sinceMs: number | undefined };

export interface Admission {
  gate: Gate;
  /** Pauses since a run that was started after one came to its own end. */
  pauses: number;
  /** Different tasks that met trouble since a task last came to its own end on this host. */
  troubled: string[];
}

export const createAdmission = (): Admission => ({ gate: { kind: 'open' }, pauses: 0, troubled: [] });

/** True when so many different tasks met trouble that the host is to blame. */
export const isSuspect = (admission: Admission, limits: Limits): boolean =>
  admission.troubled.length >= limits.suspectTasks;

/** True when a task may be started now. */
export const canStart = ({ gate }: Admission): boolean =>
  gate.kind === 'open' || (gate.kind === 'probing' && gate.sinceMs === undefined);

/** To be told of every start. */
export const admitStart = (admission: Admission, nowMs: number): void => {
  assert(canStart(admission), 'a task was started on a host that starts nothing');
  if (admission.gate.kind === 'probing') admission.gate = { kind: 'probing', sinceMs: nowMs };
};

/** A run came to the task's own end, built or failed: the host is able. */
export const admitEnd = (admission: Admission, startedAtMs: number): void => {
  const { gate } = admission;
  admission.troubled = [];
  if (gate.kind === 'held') return;
  if (gate.kind === 'probing' && (gate.sinceMs === undefined || startedAtMs < gate.sinceMs)) return;
  becomeOpen(admission);
  admission.pauses = 0;
};

/** A run of the task that `key` names ended in trouble. */
export const admitTrouble = (
  admission: Admission,
  {
    key,
    trouble,
    startedAtMs,
  }: { readonly key: string; readonly trouble: Trouble; readonly startedAtMs: number },
  nowMs: number,
  limits: Limits,
): void => {
  if (!troublePolicies[trouble].blamesHost) return;
  if (!admission.troubled.includes(key) && admission.troubled.length < limits.suspectTasks) {
    admission.troubled.push(key);
  }
  const { gate } = admission;
  // Of several runs that met one full disk only the first counts, or the pause would grow with the slots.
  if (gate.kind === 'held') return;
  const failedProbe = gate.kind === 'probing' && gate.sinceMs !== undefined && startedAtMs >= gate.sinceMs;
  if (troublePolicies[trouble].holdsHost || isSuspect(admission, limits) || failedProbe) {
    becomeHeld(admission, nowMs, limits);
  }
};

/** Lets time do its part. */
export const advanceAdmission = (admission: Admission, nowMs: number, limits: Limits): void => {
  if (admission.gate.kind === 'held' && nowMs >= admission.gate.untilMs) becomeProbing(admission);
  const { gate } = admission;
  if (gate.kind === 'probing' && gate.sinceMs !== undefined && nowMs >= gate.sinceMs + limits.probeMs) {
    becomeOpen(admission);
  }
};

/** When time will next do its part; undefined when it has none. */
export const findAdmissionDeadline = ({ gate }: Admission, limits: Limits): number | undefined => {
  if (gate.kind === 'held') return gate.untilMs;
  if (gate.kind === 'probing' && gate.sinceMs !== undefined) return gate.sinceMs + limits.probeMs;
  return undefined;
};

const becomeHeld = (admission: Admission, nowMs: number, limits: Limits): void => {
  assert(admission.gate.kind !== 'held', 'a host was held twice');
  admission.pauses += 1;
  admission.gate = { kind: 'held', untilMs: nowMs + backoffMs(limits.hostPause, admission.pauses) };
};

const becomeProbing = (admission: Admission): void => {
  assert(admission.gate.kind === 'held', 'a host that was not held began to probe');
  admission.gate = { kind: 'probing', sinceMs: undefined };
};

const becomeOpen = (admission: Admission): void => {
  assert(admission.gate.kind !== 'held', 'a host was opened during its pause');
  admission.gate = { kind: 'open' };
};
