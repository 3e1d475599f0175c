import { describe, expect, test } from 'vitest';
import {
  checkFiles,
  hearFetched,
  hearFileGone,
  hearNotFetched,
  listFetchDeadlines,
  wantFiles,
} from '../../../src/core/files/fetches.ts';
import { takeNews } from '../../../src/core/files/have.ts';
import type { HostId } from '../../../src/core/ids.ts';
import { hostId, taskName } from '../../../src/core/ids.ts';
import type { FetchTrouble } from '../../../src/core/input.ts';
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

const chain = makePlan({ a: [[], 1], b: [['a'], 1], c: [['b'], 1] });

/** A host without files; `a` and `b` were built elsewhere, `c` is to be run here. */
const makeChain = (
  options: Parameters<typeof makeHost>[1] = {},
  peers: readonly string[] = ['h2', 'h3'],
): Here => {
  const state = makeHost('h1', options);
  const of = enterPlan(state, chain);
  for (const peer of peers) addPeer(state, peer);
  tellBuilt(state, of, 'a', 'h2');
  tellBuilt(state, of, 'b', 'h2');
  return { state, of };
};

const want = ({ state, of }: Here, name = 'c', nowMs = 0): ReturnType<typeof listFetches> => {
  const step = stepAt(state, nowMs);
  wantFiles(step, of, indexOf(of, name));
  return listFetches(step);
};

const check = ({ state, of }: Here, nowMs = 0): string =>
  checkFiles(stepAt(state, nowMs), of, indexOf(of, 'c'));

const fetched = ({ state }: Here, name: string): void =>
  hearFetched(stepAt(state), { kind: 'fileFetched', planId: plan1, task: taskName(name) });

const fail = ({ state }: Here, name: string, from: HostId, why: FetchTrouble, nowMs = 0): void =>
  hearNotFetched(stepAt(state, nowMs), {
    kind: 'fileNotFetched',
    planId: plan1,
    task: taskName(name),
    from,
    why,
  });

describe('what a task needs', () => {
  test('the files of everything below a task are fetched, each once, and then it can start', () => {
    const here = makeChain();
    expect(check(here)).toBe('coming');
    expect(want(here)).toEqual([
      { task: 'a', from: 'h2' },
      { task: 'b', from: 'h2' },
    ]);
    expect(want(here)).toEqual([]);
    fetched(here, 'a');
    expect(check(here)).toBe('coming');
    fetched(here, 'b');
    expect(check(here)).toBe('here');
  });

  test('all digests that are known to be right are asked for', () => {
    const here = makeChain();
    const step = stepAt(here.state);
    wantFiles(step, here.of, indexOf(here.of, 'b'));
    expect(step.effects).toEqual([
      { kind: 'fetchFile', planId: plan1, task: 'a', digests: ['sha256:a'], from: 'h2' },
    ]);
  });

  test('a file that vanishes is wanted again', () => {
    const here = makeChain();
    want(here);
    fetched(here, 'a');
    fetched(here, 'b');
    hearFileGone(stepAt(here.state), { kind: 'fileGone', planId: plan1, task: taskName('a') });
    expect(check(here)).toBe('coming');
    expect(want(here)).toEqual([{ task: 'a', from: 'h2' }]);
  });

  test('a plan whose hosts share their files fetches nothing', () => {
    const { state, of } = makeChain();
    const shared = { ...of, usesFiles: false };
    expect(checkFiles(stepAt(state), shared, 2)).toBe('here');
    expect(want({ state, of: shared })).toEqual([]);
  });

  test('a file whose fact has not come yet is waited for', () => {
    const state = makeHost('h1');
    const here = { state, of: enterPlan(state, chain) };
    expect([check(here, 0), check(here, 1e6)]).toEqual(['coming', 'coming']);
    expect(want(here)).toEqual([]);
  });

  test('a file that no live host has for a while is lost, until one shows up', () => {
    const here = makeChain();
    killPeer(here.state, 'h2');
    expect(check(here, 0)).toBe('coming');
    expect(listFetchDeadlines(here.state)).toContain(5_000);
    expect(check(here, 5_000)).toBe('lost');
    tellHave(here.state, 'h3', { added: ['a', 'b'] });
    expect(check(here, 5_001)).toBe('coming');
  });
});

describe('a file that nobody here has asked for', () => {
  test('is here all the same: others are told, it is fetched no more, and is not built again', () => {
    const here = makeChain({}, ['h2']);
    const { state, of } = here;
    takeNews(state, hostId('h2'));
    of.lost.set(indexOf(of, 'a'), 0);
    fetched(here, 'a');
    expect(takeNews(state, hostId('h2'))).toEqual([
      { planId: plan1, isWhole: false, added: ['a'], removed: [] },
    ]);
    expect(want(here).map(({ task }) => task)).toEqual(['b']);
    expect(of.lost.size).toBe(0);
    fail(here, 'a', hostId('h2'), 'gone');
    fetched(here, 'b');
    expect(check(here)).toBe('here');
  });
});

describe('how much at a time', () => {
  const names = Array.from({ length: 20 }, (_, index) => `n${String(index).padStart(2, '0')}`);
  const wide = makePlan({
    ...Object.fromEntries(names.map((name) => [name, [[], 1]] as const)),
    z: [names, 1],
  });

  const makeWide = (): Here => {
    const state = makeHost('h1', { mesh: { fetchesMax: 8 } });
    const of = enterPlan(state, wide);
    for (const peer of ['h2', 'h3', 'h4']) addPeer(state, peer);
    for (const name of names) tellBuilt(state, of, name, 'h2');
    return { state, of };
  };

  test('no more than so many files are fetched at a time', () => {
    const here = makeWide();
    expect(want(here, 'z')).toHaveLength(8);
    expect(want(here, 'z')).toEqual([]);
    fetched(here, 'n00');
    expect(want(here, 'z')).toEqual([{ task: 'n08', from: 'h2' }]);
  });

  test('files are taken from all that have them, not from one', () => {
    const here = makeWide();
    for (const host of ['h3', 'h4']) tellHave(here.state, host, { added: names });
    const sources = want(here, 'z').map(({ from }) => from);
    expect(new Set(sources).size).toBe(3);
    expect(
      Math.max(...['h2', 'h3', 'h4'].map((host) => sources.filter((from) => from === host).length)),
    ).toBeLessThan(6);
  });

  test('a full disk stops all fetching for a while, and other hosts are better off with the task when it stays full', () => {
    const here = makeWide();
    want(here, 'z');
    fail(here, 'n00', here.state.plans[0]?.files.fetches.get(0) ?? hostId('none'), 'full');
    expect(want(here, 'z', 499)).toEqual([]);
    expect(want(here, 'z', 500)).toHaveLength(1);
    let nowMs = 500;
    while (nowMs < 60_000) {
      fail(here, 'n00', hostId('h2'), 'full', nowMs);
      nowMs = here.state.fetching.full?.untilMs ?? Number.POSITIVE_INFINITY;
      want(here, 'z', nowMs);
    }
    expect(checkFiles(stepAt(here.state, nowMs), here.of, indexOf(here.of, 'z'))).toBe('lost');
    fetched(here, 'n00');
    expect(checkFiles(stepAt(here.state, nowMs), here.of, indexOf(here.of, 'z'))).toBe('coming');
  });
});

describe('hosts that do not give', () => {
  const makePair = (options: Parameters<typeof makeHost>[1] = {}): Here => {
    const here = makeChain(options, ['h2', 'h3']);
    tellHave(here.state, 'h3', { added: ['a', 'b'] });
    return here;
  };

  const askFor = (here: Here, name: string, nowMs = 0): HostId | undefined =>
    want(here, 'c', nowMs).find(({ task }) => task === name)?.from;

  test.each(['gone', 'unreachable', 'corrupt'] as const)(
    'after "%s" the other holder is asked at once',
    (why) => {
      const here = makePair();
      const first = askFor(here, 'a') ?? hostId('none');
      fail(here, 'a', first, why);
      const second = askFor(here, 'a');
      expect(second).not.toBe(first);
      expect(second).toBeDefined();
    },
  );

  test('a holder that is out of reach is asked again, ever more rarely; after a minute the task is better off elsewhere', () => {
    const here = makeChain();
    const times: number[] = [];
    for (let nowMs = 0; nowMs < 70_000; nowMs += 100) {
      if (askFor(here, 'a', nowMs) === undefined) continue;
      times.push(nowMs);
      fail(here, 'a', hostId('h2'), 'unreachable', nowMs);
    }
    expect(times).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 30_500, 45_500, 60_500]);
    expect(check(here, 59_000)).toBe('coming');
    expect(check(here, 60_000)).toBe('lost');
  });

  test('what was out of reach long ago is tried anew', () => {
    const here = makeChain();
    askFor(here, 'a', 0);
    fail(here, 'a', hostId('h2'), 'unreachable', 0);
    expect(check(here, 300_000)).toBe('coming');
    expect(askFor(here, 'a', 300_000)).toBe('h2');
    fail(here, 'a', hostId('h2'), 'unreachable', 300_000);
    expect(askFor(here, 'a', 300_500)).toBe('h2');
  });

  test('an answer from another host than the one that was asked changes nothing', () => {
    const here = makePair();
    const first = askFor(here, 'a') ?? hostId('none');
    fail(here, 'a', first === 'h2' ? hostId('h3') : hostId('h2'), 'gone');
    expect(askFor(here, 'a')).toBeUndefined();
  });

  test('a host that gave a corrupt file is asked only where there is no other', () => {
    const blamed = new Set<HostId | undefined>();
    const unblamed = new Set<HostId | undefined>();
    for (let seed = 1; seed <= 20; seed++) {
      for (const [rule, hosts] of [
        [true, blamed],
        [false, unblamed],
      ] as const) {
        const here = makePair({ seed, rules: { blameCorrupt: rule } });
        here.state.fetching.blames.set(hostId('h2'), 1);
        hosts.add(askFor(here, 'a'));
      }
    }
    expect([...blamed]).toEqual(['h3']);
    expect(unblamed.size).toBe(2);
    const alone = makeChain();
    alone.state.fetching.blames.set(hostId('h2'), 2);
    expect(askFor(alone, 'a')).toBe('h2');
  });

  test('a host that gave three corrupt files is still asked for what nobody else has', () => {
    const here = makeChain();
    here.state.fetching.blames.set(hostId('h2'), 3);
    expect(askFor(here, 'a')).toBe('h2');
  });
});
