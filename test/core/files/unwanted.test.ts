import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasBit, listBits } from '../../../src/core/files/bits.ts';
import { hearFetched } from '../../../src/core/files/fetches.ts';
import { hearHave, takeNews } from '../../../src/core/files/have.ts';
import { compareHolders } from '../../../src/core/files/order.ts';
import { dropUnwanted } from '../../../src/core/files/unwanted.ts';
import type { HostId, TaskName } from '../../../src/core/ids.ts';
import { hostId, makeToken, taskName } from '../../../src/core/ids.ts';
import type { HaveNews } from '../../../src/core/message.ts';
import { makeLife } from '../lives.ts';
import { makePlan } from '../samples.ts';
import {
  addPeer,
  enterPlan,
  type Here,
  indexOf,
  killPeer,
  makeHost,
  plan1,
  stepAt,
  tellBuilt,
  tellHave,
} from './hosts.ts';

const names = Array.from({ length: 12 }, (_, index) => `t${String(index).padStart(2, '0')}`);

/** `h1` built all of twelve tasks, one of which a last one, `z`, waits for; four others have all files too. */
const makeRich = (options: Parameters<typeof makeHost>[1] = {}, others = ['h2', 'h3', 'h4', 'h5']): Here => {
  const state = makeHost('h1', options);
  const plan = makePlan({
    ...Object.fromEntries(names.map((name) => [name, [[], 1]] as const)),
    z: [['t00', 't01', 't02'], 1],
  });
  const of = enterPlan(state, plan);
  for (const name of names) tellBuilt(state, of, name, 'h1');
  for (const host of others) {
    addPeer(state, host);
    tellHave(state, host, { added: names });
  }
  return { state, of };
};

const drop = ({ state }: Here, count: number): readonly TaskName[] => {
  const step = stepAt(state);
  dropUnwanted(step, count);
  return step.effects.flatMap((effect) => (effect.kind === 'dropFile' ? [effect.task] : []));
};

describe('one host', () => {
  test('so many files go at most, and others are told that they went', () => {
    const here = makeRich();
    takeNews(here.state, hostId('h2'));
    const gone = drop(here, 2);
    expect(gone).toHaveLength(2);
    for (const name of gone) expect(hasBit(here.of.files.mine, indexOf(here.of, name))).toBe(false);
    expect(takeNews(here.state, hostId('h2'))).toMatchObject([{ isWhole: false, added: [], removed: gone }]);
  });

  test('what a task waits for goes after what none does', () => {
    const gone = drop(makeRich(), 100);
    const isNeeded = gone.map((name) => name < 't03');
    expect(isNeeded).toEqual(isNeeded.toSorted((a, b) => Number(a) - Number(b)));
    expect(isNeeded).toContain(true);
  });

  test('what a task that waits here needs stays', () => {
    const here = makeRich();
    here.state.queue.push({
      plan: here.of,
      task: indexOf(here.of, 'z'),
      token: makeToken({ n: 1, life: makeLife('h2') }, 1),
      again: false,
      duplicate: false,
      cores: 1,
      rivals: 0,
      sinceMs: 0,
      isStolen: false,
    });
    expect(drop(here, 100).filter((name) => name < 't03')).toEqual([]);
  });

  test('what one other host has, or hosts have that are dead, stays', () => {
    expect(drop(makeRich({}, ['h2']), 100)).toEqual([]);
    const here = makeRich({}, ['h2', 'h3']);
    expect(drop(here, 1)).toHaveLength(1);
    killPeer(here.state, 'h3');
    expect(drop(here, 100)).toEqual([]);
  });

  test('each host is among the first for its share of the files', () => {
    const hosts = ['h1', 'h2', 'h3', 'h4', 'h5'].map(hostId);
    const firsts = Array.from(
      { length: 1000 },
      (_, index) => hosts.toSorted((a, b) => compareHolders(taskName(`p-${index}`), a, b))[0],
    );
    for (const host of hosts) {
      const share = firsts.filter((first) => first === host).length / 1000;
      expect(share).toBeGreaterThan(0.15);
      expect(share).toBeLessThan(0.25);
    }
  });
});

/** What may happen in a mesh: news sent and heard, however late; files fetched, files dropped; one disk may lose what it had. */
type Happening =
  | { readonly kind: 'tell'; readonly from: number; readonly to: number }
  | { readonly kind: 'hear'; readonly from: number; readonly to: number }
  | { readonly kind: 'fetch'; readonly at: number; readonly task: number }
  | { readonly kind: 'drop'; readonly at: number; readonly count: number };

const size = 5;

const makeMesh = (isOrdered: boolean): readonly Here[] =>
  Array.from({ length: size }, (_, at) => {
    const here = makeRich({ rules: { keepLastCopy: isOrdered } }, []);
    here.state.life = makeLife(`h${at + 1}`);
    for (let other = 0; other < size; other++) if (other !== at) addPeer(here.state, `h${other + 1}`);
    return here;
  });

/** For each file the hosts that have it after all this. `h1` has built them all; all were fetched by whom `fetch` says. */
const play = (mesh: readonly Here[], happenings: readonly Happening[]): readonly (readonly HostId[])[] => {
  const hosts = mesh.map((_, at) => hostId(`h${at + 1}`));
  const pipes = new Map<string, (readonly HaveNews[])[]>();
  const of = (at: number): Here => {
    const here = mesh[at];
    if (here === undefined) throw new Error(`no host ${at}`);
    return here;
  };
  mesh.forEach(({ of: { files } }, at) => {
    if (at > 0) for (const task of [...listBits(files.mine)]) files.mine.words[task >>> 5] = 0;
  });
  for (const happening of happenings) {
    switch (happening.kind) {
      case 'tell': {
        const { from, to } = happening;
        const key = `${from}>${to}`;
        pipes.set(key, [...(pipes.get(key) ?? []), takeNews(of(from).state, hosts[to] ?? hostId('none'))]);
        break;
      }
      case 'hear': {
        const news = pipes.get(`${happening.from}>${happening.to}`)?.shift();
        if (news !== undefined)
          hearHave(stepAt(of(happening.to).state), hosts[happening.from] ?? hostId('none'), news);
        break;
      }
      case 'fetch': {
        const isThere = mesh.some(({ of: { files } }) => hasBit(files.mine, happening.task));
        const name = taskName(names[happening.task] ?? 'none');
        if (isThere)
          hearFetched(stepAt(of(happening.at).state), { kind: 'fileFetched', planId: plan1, task: name });
        break;
      }
      case 'drop':
        dropUnwanted(stepAt(of(happening.at).state), happening.count);
        break;
    }
  }
  return names.map((_, task) => hosts.filter((_host, at) => hasBit(of(at).of.files.mine, task)));
};

const anyHost = fc.nat(size - 1);
const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('tell' as const), from: anyHost, to: anyHost }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('hear' as const), from: anyHost, to: anyHost }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('fetch' as const),
      at: anyHost,
      task: fc.nat(names.length - 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('drop' as const),
      at: anyHost,
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
);

/** All have all files, and all have said so to all. */
const spread: readonly Happening[] = [
  ...Array.from({ length: size - 1 }, (_, at) =>
    names.map((_name, task): Happening => ({ kind: 'fetch', at: at + 1, task })),
  ).flat(),
  ...Array.from({ length: size * size }, (_, pair): readonly Happening[] => {
    const [from, to] = [Math.floor(pair / size), pair % size];
    return from === to
      ? []
      : [
          { kind: 'tell', from, to },
          { kind: 'hear', from, to },
        ];
  }).flat(),
];

describe('many hosts', () => {
  test('whatever is dropped on whatever stale news, two of those that had a file keep it', () => {
    fc.assert(
      fc.property(fc.array(anyHappening, { maxLength: 250 }), fc.boolean(), (happenings, isSpread) => {
        const all = isSpread ? [...spread, ...happenings] : happenings;
        const hadIt = names.map(
          (_, task) =>
            new Set([
              0,
              ...all.flatMap((one) => (one.kind === 'fetch' && one.task === task ? [one.at] : [])),
            ]),
        );
        play(makeMesh(true), all).forEach((holders, task) => {
          expect(holders.length).toBeGreaterThanOrEqual(Math.min(2, hadIt[task]?.size ?? 0));
        });
      }),
      { numRuns: 150 },
    );
  });

  test('without the order hosts that drop at the same moment drop the last copy', () => {
    const dropAll = Array.from({ length: size }, (_, at): Happening => ({ kind: 'drop', at, count: 12 }));
    expect(play(makeMesh(false), [...spread, ...dropAll]).some((holders) => holders.length === 0)).toBe(true);
    const kept = play(makeMesh(true), [...spread, ...dropAll]);
    expect(kept.every((holders) => holders.length === 2)).toBe(true);
  });
});
