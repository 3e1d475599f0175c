import type { SlotName } from './ids.ts';
import { forgetRetired } from './slot/pool.ts';
import type { Step } from './state.ts';

/** Asks for a sweep when it is time for one: one at a time, and none that an agent which ends would wait for. */
export const askForSweep = ({ state, now, effects }: Step): void => {
  if (state.sweep.kind === 'underWay' || now.now < state.sweep.atMs || state.stopping !== undefined) return;
  state.sweep = { kind: 'underWay' };
  effects.push({ kind: 'sweep' });
};

/** A sweep is over: of these retired slots nothing is left. An answer that nobody waits for only tells that. */
export const endSweep = ({ state, now }: Step, clean: readonly SlotName[]): void => {
  forgetRetired(state.pool, clean);
  if (state.sweep.kind === 'waiting') return;
  state.sweep = { kind: 'waiting', atMs: now.now + state.limits.sweepEveryMs };
};
