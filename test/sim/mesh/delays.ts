import type { Effect } from '../../../src/core/effect.ts';
import type { PlanId } from '../../../src/core/ids.ts';
import { viewMesh } from '../../../src/core/meshView.ts';
import type { Message } from '../../../src/core/message.ts';
import type { Running } from './running.ts';
import type { DownKind, Observer, Place, WorldView } from './trace.ts';

/** How long people would have had to wait, milliseconds, each time that they had to. */
export interface Delays {
  /** From a leader's end until another one grants; its connections were closed, or nobody was told, or it went of its own. */
  readonly killed: number[];
  readonly silent: number[];
  readonly left: number[];
  /** From the start of an agent, where there is a plan already, until its first build starts. */
  readonly joins: number[];
  /** From the death of a host until what it ran is given to another one. */
  readonly offers: number[];
  /** From the coming of each plan until its last task has its end, the shortest first. */
  readonly plans: number[];
}

export const createDelays = (): Delays => ({
  killed: [],
  silent: [],
  left: [],
  joins: [],
  offers: [],
  plans: [],
});

/** Adds `more` to the lists of `sum`. */
export const addDelays = (sum: Delays, more: Delays): void => {
  sum.killed.push(...more.killed);
  sum.silent.push(...more.silent);
  sum.left.push(...more.left);
  sum.joins.push(...more.joins);
  sum.offers.push(...more.offers);
  sum.plans.push(...more.plans);
};

const vacancyKinds = { crash: 'killed', power: 'silent', left: 'left' } as const;

/** Takes the time of what is waited for. */
export const measureDelays = (
  running: Running,
): { readonly observer: Observer; readonly read: () => Delays } => {
  const delays = createDelays();
  const spans = new Map<PlanId, { readonly fromMs: number; untilMs: number }>();
  let world: WorldView | undefined;
  let vacancy: { readonly sinceMs: number; readonly kind: (typeof vacancyKinds)[DownKind] } | undefined;
  const joining = new Map<Place, number>();
  /** Tasks that died with their host, and when. */
  const orphans = new Map<string, { readonly place: Place; readonly sinceMs: number }>();
  const now = (): number => world?.nowMs ?? 0;

  const leads = ({ state }: Place): boolean => {
    const view = state && viewMesh(state);
    return view?.role === 'leading' && view.isOpen;
  };

  const adopt = (place: Place, key: string): void => {
    const orphan = orphans.get(key);
    if (orphan === undefined || orphan.place === place) return;
    delays.offers.push(now() - orphan.sinceMs);
    orphans.delete(key);
  };

  const hear = (place: Place, message: Message): void => {
    if (message.kind !== 'grant' || orphans.size === 0) return;
    for (const { planId, task } of message.items) adopt(place, `${planId} ${task}`);
  };

  const countPlans = (effect: Effect): void => {
    if (effect.kind !== 'persist') return;
    for (const { planId, outcome } of effect.entries) {
      const span = spans.get(planId);
      if (span !== undefined && outcome.kind !== 'troubled') span.untilMs = now();
    }
  };

  const observer: Observer = {
    onStart: (given) => {
      world = given;
    },
    onUp: (place) => {
      if (spans.size > 0) joining.set(place, now());
    },
    onStep: (place, event) => {
      if (event.kind === 'message') hear(place, event.message);
      if (event.kind === 'planAdded' && !spans.has(event.planId)) {
        spans.set(event.planId, { fromMs: now(), untilMs: now() });
      }
      if (vacancy === undefined || !leads(place)) return;
      delays[vacancy.kind].push(now() - vacancy.sinceMs);
      vacancy = undefined;
    },
    onEffect: (place, effect) => {
      countPlans(effect);
      if (effect.kind !== 'start') return;
      adopt(place, `${effect.planId} ${effect.task}`);
      const sinceMs = joining.get(place);
      if (sinceMs !== undefined) delays.joins.push(now() - sinceMs);
      joining.delete(place);
    },
    onDown: (place, how) => {
      if (leads(place)) vacancy = { sinceMs: now(), kind: vacancyKinds[how] };
      joining.delete(place);
      for (const key of running.list(place)) orphans.set(key, { place, sinceMs: now() });
    },
  };
  const read = (): Delays => ({
    ...delays,
    plans: [...spans.values()].map(({ fromMs, untilMs }) => untilMs - fromMs).sort((a, b) => a - b),
  });
  return { observer, read };
};

/** The value that this share of a list is below; 0 for an empty one. */
export const findPercentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
};
