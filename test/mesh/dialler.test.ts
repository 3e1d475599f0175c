import { describe, expect, it } from 'vitest';
import { type HostId, hostId } from '../../src/core/ids.ts';
import { type CallEnd, Dialler } from '../../src/mesh/dialler.ts';
import { Directory } from '../../src/mesh/directory.ts';
import { defaultMeshLimits } from '../../src/mesh/limits.ts';
import { demand } from './support/mesh.ts';
import { makeTime } from './support/time.ts';

const [lower, self, higher] = [hostId('a'), hostId('m'), hostId('z')];

const failed: CallEnd = { kind: 'failed', why: 'no answer' };
const refusal: CallEnd = { kind: 'refused', why: 'ECONNREFUSED' };

/** An agent `m` whose calls a test answers. */
const start = (answer: (address: string) => CallEnd | undefined = () => failed) => {
  const { clock, advance } = makeTime();
  const directory = new Directory(self, defaultMeshLimits);
  const linked = new Set<HostId>();
  const [calls, refused]: [{ address: string; atMs: number }[], HostId[]] = [[], []];
  const pending: ((end: CallEnd) => void)[] = [];
  const dialler = new Dialler({
    ...{ self, directory, clock, limits: defaultMeshLimits },
    call: (address, done) => {
      calls.push({ address, atMs: clock.now() });
      const end = answer(address);
      if (end === undefined) pending.push(done);
      else clock.after(0, () => done(end));
      return () => undefined;
    },
    isLinked: (host) => linked.has(host),
    onRefused: (host) => refused.push(host),
  });
  const learn = (host: HostId, ...addresses: string[]): void => {
    dialler.start(demand(directory.learn(host, addresses, clock.now())));
  };
  const seed = (address: string): void => {
    dialler.start(demand(directory.addSeed(address, clock.now())));
  };
  const times = () => calls.map(({ atMs }) => atMs);
  return { advance, clock, directory, dialler, linked, calls, refused, pending, learn, seed, times };
};

describe('a host that cannot be reached', () => {
  it('is called at once, then after half a second, and less and less often up to each half minute', () => {
    const { learn, advance, times } = start();
    learn(higher, 'z:1');
    advance(150_000);
    const gaps = times().map((atMs, index) => atMs - (times()[index - 1] ?? 0));
    expect(gaps).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('is left to call first, for a second, when its name is the lower one', () => {
    const { learn, advance, times } = start();
    learn(lower, 'a:1');
    advance(3_000);
    expect(times()).toEqual([1_000, 2_500]);
  });

  it('is called at each of its addresses, one after the other', () => {
    const { learn, advance, calls } = start();
    learn(higher, 'z:1', '[::1]:2', 'z:3');
    advance(400);
    expect(calls.map(({ address }) => address)).toEqual(['z:1', '[::1]:2', 'z:3']);
  });

  it('is forgotten after a day, unless an operator named it', () => {
    const { learn, seed, advance, directory } = start();
    learn(higher, 'z:1');
    seed('s:1');
    advance(defaultMeshLimits.forgetMs + 60_000);
    expect(directory.list()).toMatchObject([{ isSeed: true, addresses: ['s:1'] }]);
  });

  it('refuses only when no address of it says anything else', () => {
    const ends: Record<string, CallEnd> = { 'z:1': refusal, 'z:2': failed };
    const one = start((address) => ends[address]);
    one.learn(higher, 'z:1', 'z:2');
    one.advance(5_000);
    expect(one.refused).toEqual([]);
    const other = start((address) => (address === 'z:1' ? refusal : { kind: 'noWay', why: 'ENETUNREACH' }));
    other.learn(higher, 'z:1', '[2001:db8::1]:1');
    other.advance(600);
    expect(other.refused).toEqual([higher, higher]);
  });
});

describe('a host that answers', () => {
  it('is not called any more, and soon again when the connection breaks', () => {
    const { learn, advance, times, linked, dialler } = start(() => ({ kind: 'met', host: higher }));
    learn(higher, 'z:1');
    linked.add(higher);
    dialler.rest(higher);
    advance(100_000);
    expect(times()).toEqual([]);
    linked.delete(higher);
    dialler.resume(higher, 90_000, false);
    advance(600);
    expect(times()).toEqual([100_500]);
  });

  it('that breaks off again and again is called less and less often', () => {
    const { learn, advance, times, dialler } = start(() => undefined);
    learn(higher, 'z:1');
    for (const _ of [1, 2, 3, 4]) dialler.resume(higher, 100, false);
    advance(3_900);
    expect(times()).toEqual([]);
    advance(200);
    expect(times()).toHaveLength(1);
  });

  it('and does not want this agent has half a minute', () => {
    const { learn, advance, times } = start(() => ({ kind: 'unwanted', why: 'cloned' }));
    learn(higher, 'z:1');
    advance(70_000);
    expect(times()).toEqual([0, 30_000, 60_000]);
  });

  it('where another one was expected is that other one no more', () => {
    const { learn, advance, directory } = start(() => ({ kind: 'met', host: hostId('y') }));
    learn(higher, 'z:1', 'z:2');
    advance(10);
    expect(directory.find(higher)?.addresses).toEqual(['z:2']);
    expect(directory.find(hostId('y'))).toMatchObject({ addresses: ['z:1'], isSeed: false });
  });

  it('at an address that an operator gave is kept as what the operator meant', () => {
    const { seed, advance, directory, linked } = start(() => ({ kind: 'met', host: higher }));
    seed('s:1');
    linked.add(higher);
    advance(10);
    expect(directory.list()).toMatchObject([{ host: higher, addresses: ['s:1'], isSeed: true }]);
  });

  it('and is this very agent is never called again', () => {
    const { seed, learn, advance, calls, directory } = start(() => ({ kind: 'met', host: self }));
    seed('s:1');
    advance(10);
    expect(directory.list()).toEqual([]);
    expect(directory.addSeed('s:1', 0)).toBeUndefined();
    learn(higher, 's:1', 'z:1');
    advance(1);
    expect(calls.map(({ address }) => address)).toEqual(['s:1', 'z:1']);
  });

  it('in the middle of a call keeps that call: it may be the better connection', () => {
    const { learn, advance, linked, dialler, pending, directory } = start(() => undefined);
    learn(higher, 'z:1', 'z:2');
    advance(10);
    linked.add(higher);
    dialler.rest(higher);
    expect(directory.find(higher)?.isCalling).toBe(true);
    pending[0]?.(failed);
    advance(60_000);
    expect(pending).toHaveLength(1);
  });
});

describe('a list of hosts', () => {
  it('takes so many, and so many addresses of each', () => {
    const limits = { ...defaultMeshLimits, hostsMax: 3, addressesMax: 2 };
    const directory = new Directory(self, limits);
    for (const name of ['b', 'c', 'd', 'e']) directory.learn(hostId(name), ['x:1', 'x:2', 'x:3'], 0);
    expect(directory.list().map(({ host, addresses }) => [host, addresses.length])).toEqual([
      ['b', 2],
      ['c', 2],
      ['d', 2],
    ]);
    expect(directory.learn(self, ['x:9'], 0)).toBeUndefined();
  });
});
