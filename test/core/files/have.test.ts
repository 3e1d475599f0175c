import { expect, test } from 'vitest';
import { hearFileGone } from '../../../src/core/files/fetches.ts';
import { forgetHolder, hearHave, noteStored, restartNews, takeNews } from '../../../src/core/files/have.ts';
import { listHolders } from '../../../src/core/files/holders.ts';
import { hostId, taskName } from '../../../src/core/ids.ts';
import type { AgentState, PlanState } from '../../../src/core/state.ts';
import { makePlan } from '../samples.ts';
import {
  addPeer,
  enterPlan,
  indexOf,
  killPeer,
  makeHost,
  plan1,
  stepAt,
  tellBuilt,
  tellHave,
} from './hosts.ts';

const plan = makePlan({ a: [[], 1], b: [[], 1], c: [[], 1] });

const makeOne = (
  host = 'h1',
  peers: readonly string[] = ['h2', 'h3'],
): { state: AgentState; of: PlanState } => {
  const state = makeHost(host);
  const of = enterPlan(state, plan);
  for (const peer of peers) addPeer(state, peer);
  return { state, of };
};

const whoHas = ({ state, of }: ReturnType<typeof makeOne>, name: string): readonly string[] =>
  listHolders(state, of, indexOf(of, name));

test('the host that built a task is known to have its file at once', () => {
  const here = makeOne();
  tellBuilt(here.state, here.of, 'a', 'h2');
  expect(whoHas(here, 'a')).toEqual(['h2']);
});

test('what an earlier life of a host built is not taken to be there still', () => {
  const here = makeOne('h1', []);
  addPeer(here.state, 'h2', { incarnation: 2 });
  tellBuilt(here.state, here.of, 'a', 'h2', 1);
  expect(whoHas(here, 'a')).toEqual([]);
});

test('a host that has said that its file is gone is believed, whatever facts come late', () => {
  const here = makeOne();
  tellHave(here.state, 'h2', { removed: ['a'] });
  tellBuilt(here.state, here.of, 'a', 'h2');
  expect(whoHas(here, 'a')).toEqual([]);
  tellHave(here.state, 'h2', { added: ['a'] });
  expect(whoHas(here, 'a')).toEqual(['h2']);
});

test('a whole list replaces what that host said before, and that of no other host', () => {
  const here = makeOne();
  tellHave(here.state, 'h2', { added: ['a', 'b'] });
  tellHave(here.state, 'h3', { added: ['a'] });
  tellHave(here.state, 'h2', { isWhole: true, added: ['c'] });
  expect([whoHas(here, 'a'), whoHas(here, 'b'), whoHas(here, 'c')]).toEqual([['h3'], [], ['h2']]);
});

test('a dead host is not asked for files; when it lives again its word still holds', () => {
  const here = makeOne();
  tellHave(here.state, 'h2', { added: ['a'] });
  killPeer(here.state, 'h2');
  expect(whoHas(here, 'a')).toEqual([]);
  addPeer(here.state, 'h2');
  expect(whoHas(here, 'a')).toEqual(['h2']);
});

test('of a new life nothing is believed that the old one said', () => {
  const here = makeOne();
  tellHave(here.state, 'h2', { added: ['a'] });
  forgetHolder(here.state, hostId('h2'));
  expect(whoHas(here, 'a')).toEqual([]);
});

test('each change is told once to each host, and everything after a new connection', () => {
  const { state, of } = makeOne();
  noteStored(of, [taskName('b'), taskName('not of this plan')]);
  const first = { planId: plan1, isWhole: true, added: ['b'], removed: [] };
  expect(takeNews(state, hostId('h2'))).toEqual([first]);
  expect(takeNews(state, hostId('h2'))).toEqual([]);
  tellBuilt(state, of, 'a', 'h1');
  hearFileGone(stepAt(state), { kind: 'fileGone', planId: plan1, task: taskName('b') });
  const change = { planId: plan1, isWhole: false, added: ['a'], removed: ['b'] };
  expect(takeNews(state, hostId('h2'))).toMatchObject([{ ...change, added: ['a'], removed: ['b'] }]);
  expect(takeNews(state, hostId('h3'))).toEqual([{ ...first, added: ['a'] }]);
  restartNews(state, hostId('h2'));
  expect(takeNews(state, hostId('h2'))).toEqual([{ ...first, added: ['a'] }]);
});

test('a host that has not got a plan is not told of its files until it has', () => {
  const { state, of } = makeOne();
  tellBuilt(state, of, 'a', 'h1');
  const peer = state.membership.peers.get(hostId('h2'));
  peer?.plans.clear();
  expect(takeNews(state, hostId('h2'))).toEqual([]);
  peer?.plans.add(plan1);
  expect(takeNews(state, hostId('h2'))).toMatchObject([{ isWhole: true, added: ['a'] }]);
});

test('a host that lost what it built says so to those that hear of the build only later', () => {
  const builder = makeOne('h2', ['h1']);
  tellBuilt(builder.state, builder.of, 'a', 'h2');
  hearFileGone(stepAt(builder.state), { kind: 'fileGone', planId: plan1, task: taskName('a') });
  const here = makeOne();
  hearHave(stepAt(here.state), hostId('h2'), takeNews(builder.state, hostId('h1')));
  tellBuilt(here.state, here.of, 'a', 'h2');
  expect(whoHas(here, 'a')).toEqual([]);
});

test('a long list goes out in parts, all of which arrive, with what changes in between', () => {
  const names = Array.from({ length: 60_000 }, (_, index) => `t${index}`);
  const big = makePlan(Object.fromEntries(names.map((name) => [name, [[], 1]] as const)));
  const teller = makeHost('h2');
  const told = enterPlan(teller, big);
  addPeer(teller, 'h1');
  noteStored(told, names.map(taskName));
  const state = makeHost('h1');
  const of = enterPlan(state, big);
  addPeer(state, 'h2');
  for (let beat = 0; beat < 4; beat++) {
    const news = takeNews(teller, hostId('h1'));
    expect(news.flatMap(({ added, removed }) => [...added, ...removed]).length).toBeLessThanOrEqual(25_000);
    hearHave(stepAt(state), hostId('h2'), news);
    if (beat === 0) {
      for (const name of ['t0', 't59999']) {
        hearFileGone(stepAt(teller), { kind: 'fileGone', planId: plan1, task: taskName(name) });
      }
    }
  }
  const here = { state, of };
  expect([whoHas(here, 't0'), whoHas(here, 't59999')]).toEqual([[], []]);
  expect(names.slice(1, -1).every((name) => whoHas(here, name).length === 1)).toBe(true);
});
