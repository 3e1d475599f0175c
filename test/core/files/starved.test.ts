import { expect, test } from 'vitest';
import { setOwner } from '../../../src/core/dispatch/owners.ts';
import { becomeLeading } from '../../../src/core/election/role.ts';
import { advanceFiles } from '../../../src/core/files/advance.ts';
import { isStarved, listStarved } from '../../../src/core/files/starved.ts';
import { hostId, makeToken } from '../../../src/core/ids.ts';
import { giveBackQueue } from '../../../src/core/queue/commands.ts';
import { enqueue } from '../../../src/core/queue/queue.ts';
import type { AgentState, PlanState } from '../../../src/core/state.ts';
import { makeLife } from '../lives.ts';
import { makePlan } from '../samples.ts';
import { addPeer, enterPlan, indexOf, killPeer, makeHost, stepAt, tellBuilt, tellHave } from './hosts.ts';

/** A coordinator of `a <- b <- c` and `d`; `a` and `b` were built on `h2`, which is dead. */
const makeLoss = (): { readonly state: AgentState; readonly of: PlanState } => {
  const state = makeHost('h1');
  const of = enterPlan(state, makePlan({ a: [[], 1], b: [['a'], 1], c: [['b'], 1], d: [[], 1] }));
  becomeLeading(state, { n: 1, life: makeLife('h1') }, { untilMs: 0, missing: new Set() });
  addPeer(state, 'h2');
  for (const name of ['a', 'b']) tellBuilt(state, of, name, 'h2');
  killPeer(state, 'h2');
  advanceFiles(stepAt(state, 0));
  advanceFiles(stepAt(state, 5_000));
  return { state, of };
};

test('what needs a file that nobody has is starved until a host has it, in the order in which files are built again', () => {
  const { state, of } = makeLoss();
  const starved = (): readonly boolean[] =>
    ['a', 'b', 'c', 'd'].map((name) => isStarved(state, of, indexOf(of, name)));
  expect(starved()).toEqual([false, true, true, false]);
  addPeer(state, 'h3');
  tellHave(state, 'h3', { added: ['a'] });
  expect(starved()).toEqual([false, false, true, false]);
  of.isDirty = false;
  tellBuilt(state, of, 'b', 'h1');
  expect(starved()).toEqual([false, false, false, false]);
  expect(of.isDirty).toBe(true);
});

test('a queued task whose files do not come goes back, waits a little, and is not for this host for a while', () => {
  const { state, of } = makeLoss();
  const task = indexOf(of, 'c');
  const token = makeToken({ n: 1, life: makeLife('h1') }, 1);
  const life = makeLife('h1');
  const kind = {
    token,
    again: false,
    duplicate: false,
    cores: 1,
    rivals: 0,
    sinceMs: 0,
    isStolen: false,
  };
  enqueue(stepAt(state, 5_000), { plan: of, task, ...kind });
  setOwner(stepAt(state, 5_000), of, task, {
    life,
    token,
    isRunning: false,
    endAtMs: undefined,
    again: false,
  });
  giveBackQueue(stepAt(state, 5_000));
  expect(state.queue).toHaveLength(1);
  state.nowMs = 10_000;
  giveBackQueue(stepAt(state, 10_000));
  expect(state.queue).toEqual([]);
  expect(of.owners.byTask.has(task)).toBe(false);
  expect(of.progress.paused).toEqual([{ task, untilMs: 15_000 }]);
  expect(listStarved(state, of, task)).toEqual([hostId('h1')]);
  state.nowMs = 70_000;
  expect(listStarved(state, of, task)).toEqual([]);
});
