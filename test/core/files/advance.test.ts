import { describe, expect, test } from 'vitest';
import { becomeFollowing, becomeLeading } from '../../../src/core/election/role.ts';
import { advanceFiles, listFileDeadlines } from '../../../src/core/files/advance.ts';
import { hearCopy } from '../../../src/core/files/copies.ts';
import { hearFetched, hearNotFetched } from '../../../src/core/files/fetches.ts';
import { noteStored } from '../../../src/core/files/have.ts';
import { recordEnd } from '../../../src/core/graph/progress.ts';
import { hostId, taskName } from '../../../src/core/ids.ts';
import type { AgentState } from '../../../src/core/state.ts';
import { makeLife } from '../lives.ts';
import { makePlan } from '../samples.ts';
import {
  addPeer,
  enterPlan,
  type Here,
  indexOf,
  killPeer,
  listFetches,
  makeHost,
  plan1,
  stepAt,
  tellBuilt,
  tellHave,
} from './hosts.ts';

const lead = (state: AgentState): void =>
  becomeLeading(state, { n: 1, life: makeLife('h1') }, { untilMs: 0, missing: new Set() });

/** A coordinator of a chain `a <- b <- c`, since zero. */
const makeLeader = (options: Parameters<typeof makeHost>[1] = {}): Here => {
  const state = makeHost('h1', options);
  const of = enterPlan(state, makePlan({ a: [[], 1], b: [['a'], 1], c: [['b'], 1], d: [[], 1] }));
  lead(state);
  advanceFiles(stepAt(state, 0));
  return { state, of };
};

/** The copies that are asked of other hosts: `task>host`. */
const advance = ({ state }: Here, nowMs: number): readonly string[] => {
  const step = stepAt(state, nowMs);
  advanceFiles(step);
  const hosts = [...state.membership.peers.values()];
  return step.effects.flatMap((effect) => {
    if (effect.kind !== 'send' || effect.message.kind !== 'copy') return [];
    const to = hosts.find(({ session }) => session?.id === effect.session)?.hello.life.host;
    return [`${effect.message.task}>${to}`];
  });
};

describe('copies', () => {
  test('a file that one host has is copied to the one with the most room', () => {
    const here = makeLeader();
    addPeer(here.state, 'h2', { diskFreeBytes: 1e9 });
    addPeer(here.state, 'h3', { diskFreeBytes: 3e9 });
    addPeer(here.state, 'h4', { diskFreeBytes: 2e9 });
    tellBuilt(here.state, here.of, 'a', 'h2');
    expect(advance(here, 4_999)).toEqual([]);
    expect(advance(here, 5_000)).toEqual(['a>h3']);
    tellHave(here.state, 'h3', { added: ['a'] });
    expect(advance(here, 60_000)).toEqual([]);
    expect(listFileDeadlines(here.state).filter((at) => at > 60_000)).toEqual([]);
  });

  test('the coordinator takes a copy itself when it has the most room', () => {
    const here = makeLeader();
    addPeer(here.state, 'h2');
    tellBuilt(here.state, here.of, 'a', 'h2');
    expect(advance(here, 5_000)).toEqual([]);
    const step = stepAt(here.state, 5_001);
    advanceFiles(step);
    expect(listFetches(step)).toEqual([{ task: 'a', from: 'h2' }]);
  });

  test('files that tasks still wait for are copied before the others, and in the end all are', () => {
    const here = makeLeader();
    addPeer(here.state, 'h2', { diskFreeBytes: 1 });
    const many = Array.from({ length: 30 }, (_, index) => `m${String(index).padStart(2, '0')}`);
    const of = enterPlan(
      here.state,
      makePlan({
        ...Object.fromEntries(many.map((name) => [name, [[], 1]] as const)),
        z: [['m29', 'm28'], 1],
      }),
    );
    here.state.plans.shift();
    for (const name of many) tellBuilt(here.state, of, name, 'h1');
    const first = advance(here, 5_000);
    expect(first).toHaveLength(16);
    expect(first.slice(0, 2)).toEqual(['m28>h2', 'm29>h2']);
    tellHave(here.state, 'h2', { added: first.map((text) => text.slice(0, 3)) });
    const rest = advance(here, 6_000);
    expect(new Set([...first, ...rest]).size).toBe(30);
  });

  test('what was asked for is not asked again for ten seconds, then of the same host, and after a minute of another', () => {
    const here = makeLeader();
    addPeer(here.state, 'h2', { diskFreeBytes: 1 });
    addPeer(here.state, 'h3', { diskFreeBytes: 9 });
    addPeer(here.state, 'h4', { diskFreeBytes: 5 });
    tellBuilt(here.state, here.of, 'a', 'h2');
    const asked = new Map<number, readonly string[]>();
    for (let nowMs = 5_000; nowMs < 90_000; nowMs += 1_000) {
      const copies = advance(here, nowMs);
      if (copies.length > 0) asked.set(nowMs, copies);
    }
    expect([...asked.keys()].slice(0, 3)).toEqual([5_000, 15_000, 25_000]);
    expect(asked.get(55_000)).toEqual(['a>h3']);
    expect(asked.get(65_000)).toEqual(['a>h4']);
  });

  test('no copy is asked of a host of another platform, of one that goes, or of one without the plan', () => {
    const here = makeLeader();
    const of = { ...here.of, platform: 'test' };
    here.state.plans[0] = of;
    addPeer(here.state, 'h2', { platform: 'other', diskFreeBytes: 9 });
    addPeer(here.state, 'h3', { diskFreeBytes: 8 });
    addPeer(here.state, 'h4', { diskFreeBytes: 7 });
    addPeer(here.state, 'h5', { diskFreeBytes: 1 });
    const find = (host: string) => here.state.membership.peers.get(hostId(host));
    const leaving = find('h3');
    if (leaving !== undefined) leaving.isLeaving = true;
    find('h4')?.plans.clear();
    tellBuilt(here.state, of, 'a', 'h1');
    expect(advance(here, 5_000)).toEqual(['a>h5']);
  });

  test('the files of a host that is about to leave are copied while it is still there', () => {
    const here = makeLeader();
    addPeer(here.state, 'h2', { diskFreeBytes: 1 });
    addPeer(here.state, 'h3', { diskFreeBytes: 1 });
    tellBuilt(here.state, here.of, 'a', 'h1');
    tellHave(here.state, 'h2', { added: ['a'] });
    expect(advance(here, 5_000)).toEqual([]);
    const leaving = here.state.membership.peers.get(hostId('h2'));
    if (leaving !== undefined) leaving.isLeaving = true;
    expect(advance(here, 6_000)).toEqual(['a>h3']);
  });

  test('a short break of a connection has nothing copied, a death has', () => {
    const here = makeLeader();
    addPeer(here.state, 'h2');
    addPeer(here.state, 'h3', { diskFreeBytes: 1 });
    tellBuilt(here.state, here.of, 'a', 'h1');
    tellHave(here.state, 'h2', { added: ['a'] });
    const peer = here.state.membership.peers.get(hostId('h2'));
    if (peer !== undefined) peer.session = undefined;
    expect(advance(here, 5_000)).toEqual([]);
    killPeer(here.state, 'h2');
    expect(advance(here, 6_000)).toEqual(['a>h3']);
  });

  test('who does not lead asks nobody, and without the rule nobody does', () => {
    for (const isOff of [true, false]) {
      const here = makeLeader(isOff ? { rules: { replicate: false } } : {});
      addPeer(here.state, 'h2', { diskFreeBytes: 1 });
      tellBuilt(here.state, here.of, 'a', 'h1');
      if (!isOff) becomeFollowing(here.state);
      expect(advance(here, 5_000)).toEqual([]);
    }
  });

  test('a host that is asked for copies fetches them, and leaves half of its connections to tasks that wait', () => {
    const state = makeHost('h1', { mesh: { fetchesMax: 8 } });
    const names = Array.from({ length: 10 }, (_, index) => `t${index}`);
    const of = enterPlan(state, makePlan(Object.fromEntries(names.map((name) => [name, [[], 1]] as const))));
    addPeer(state, 'h2');
    for (const name of names) {
      tellBuilt(state, of, name, 'h2');
      hearCopy(stepAt(state), { planId: plan1, task: taskName(name) });
    }
    const step = stepAt(state);
    advanceFiles(step);
    expect(listFetches(step)).toHaveLength(4);
    hearFetched(step, { kind: 'fileFetched', planId: plan1, task: taskName('t0') });
    const next = stepAt(state, 1);
    advanceFiles(next);
    expect(listFetches(next)).toEqual([{ task: 't4', from: 'h2' }]);
    const full = {
      kind: 'fileNotFetched',
      planId: plan1,
      task: taskName('t1'),
      from: hostId('h2'),
      why: 'full',
    } as const;
    hearNotFetched(stepAt(state, 2), full);
    const later = stepAt(state, 100_000);
    advanceFiles(later);
    expect(listFetches(later)).toEqual([]);
  });
});

describe('lost files', () => {
  const makeLoss = (options: Parameters<typeof makeHost>[1] = {}): Here => {
    const here = makeLeader(options);
    addPeer(here.state, 'h2');
    for (const name of ['a', 'b', 'd']) tellBuilt(here.state, here.of, name, 'h2');
    killPeer(here.state, 'h2');
    for (let nowMs = 5_000; nowMs < 65_000; nowMs += 1_000) advance(here, nowMs);
    return here;
  };

  const lost = ({ of }: Here): readonly number[] => [...of.lost.keys()];

  test('what a task needs, directly or not, and nobody has is to be built again after a minute; what nobody needs is not', () => {
    const here = makeLoss();
    expect(lost(here)).toEqual([]);
    expect(listFileDeadlines(here.state)).toContain(65_000);
    const step = stepAt(here.state, 65_000);
    advanceFiles(step);
    expect(lost(here)).toEqual([indexOf(here.of, 'a'), indexOf(here.of, 'b')]);
    expect(here.of.isDirty).toBe(true);
    expect(step.effects).toContainEqual({
      kind: 'note',
      note: { kind: 'fileLost', planId: plan1, task: 'a' },
    });
  });

  test('it is not lost any more when a host shows up that has it, or when it is built', () => {
    const here = makeLoss();
    advance(here, 65_000);
    addPeer(here.state, 'h3');
    tellHave(here.state, 'h3', { added: ['a'] });
    expect(lost(here)).toEqual([indexOf(here.of, 'b')]);
    tellBuilt(here.state, here.of, 'b', 'h1');
    expect(lost(here)).toEqual([]);
  });

  test('it is not lost any more when no task needs it', () => {
    const here = makeLoss();
    advance(here, 65_000);
    recordEnd(here.of.progress, indexOf(here.of, 'c'), 'failed');
    here.of.files.revision += 1;
    advance(here, 66_000);
    expect(lost(here)).toEqual([]);
  });

  test('files on disks of this host are not lost', () => {
    const here = makeLeader();
    tellBuilt(here.state, here.of, 'a', 'h9');
    noteStored(here.of, [taskName('a')]);
    for (let nowMs = 5_000; nowMs < 90_000; nowMs += 1_000) advance(here, nowMs);
    expect(lost(here)).toEqual([]);
  });

  test('a new coordinator waits a minute of its own', () => {
    const here = makeLoss();
    advance(here, 65_000);
    becomeFollowing(here.state);
    advance(here, 66_000);
    expect(lost(here)).toEqual([]);
    lead(here.state);
    for (let nowMs = 67_000; nowMs < 132_000; nowMs += 1_000) advance(here, nowMs);
    expect(lost(here)).toEqual([]);
    advance(here, 132_000);
    expect(lost(here)).toHaveLength(2);
  });

  test('without the rule nothing is built again', () => {
    const here = makeLoss({ rules: { rebuildLost: false } });
    advance(here, 65_000);
    expect(lost(here)).toEqual([]);
  });
});
