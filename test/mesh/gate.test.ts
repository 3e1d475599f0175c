import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Bucket } from '../../src/mesh/bucket.ts';
import { Gate } from '../../src/mesh/gate.ts';
import { defaultMeshLimits } from '../../src/mesh/limits.ts';
import { quieten } from '../../src/mesh/quiet.ts';
import type { MeshTrouble } from '../../src/mesh/trouble.ts';
import { makeTime } from './support/time.ts';

describe('calls from one network', () => {
  const count = (addresses: readonly string[], afterMs = 0): number => {
    const { clock, advance } = makeTime();
    const troubles: MeshTrouble[] = [];
    const gate = new Gate({
      limits: defaultMeshLimits,
      clock,
      onTrouble: (trouble) => troubles.push(trouble),
    });
    let admitted = 0;
    addresses.forEach((remoteAddress, remotePort) => {
      const socket = new FakeSocket(remoteAddress, remotePort);
      gate.admit(socket as unknown as Socket);
      if (gate.find(socket as unknown as Socket) !== undefined) admitted += 1;
      advance(afterMs);
    });
    return admitted;
  };
  const many = (make: (index: number) => string): string[] => Array.from({ length: 60 }, (_, at) => make(at));

  it('are forty a second, whatever they look like', () => {
    expect(count(many(() => '192.0.2.7'))).toBe(40);
    expect(count(many((at) => (at % 2 === 0 ? '192.0.2.7' : '::ffff:192.0.2.7')))).toBe(40);
    expect(count(many((at) => `2001:db8:1:2:${at.toString(16)}::1`))).toBe(40);
    expect(count(many((at) => `2001:db8::${at.toString(16)}`))).toBe(40);
  });

  it('do not count for another network, and not for ever', () => {
    expect(count(many((at) => `192.0.2.${at}`))).toBe(60);
    expect(count(many((at) => `2001:db8:1:${at.toString(16)}::1`))).toBe(60);
    expect(
      count(
        many(() => '192.0.2.7'),
        30,
      ),
    ).toBe(60);
  });
});

describe('a rate', () => {
  it('allows its burst at once, and no more than itself in the long run', () => {
    const bucket = new Bucket({ perSecond: 10, burst: 20 }, 0);
    const taken = (fromMs: number, toMs: number): number => {
      let sum = 0;
      for (let now = fromMs; now < toMs; now += 1) if (bucket.take(now)) sum += 1;
      return sum;
    };
    expect(taken(0, 1_000)).toBe(29);
    expect(taken(1_000, 11_000)).toBe(100);
    expect(bucket.isFull(11_000)).toBe(false);
    expect(bucket.isFull(14_000)).toBe(true);
  });
});

describe('trouble', () => {
  it('that comes again and again is told once a minute, and each other one beside it', () => {
    const { clock, advance } = makeTime();
    const told: string[] = [];
    const tell = quieten(clock, ({ address, kind }) => told.push(`${kind} ${address}`));
    const trouble = { kind: 'key', address: 'x', host: undefined, detail: '' } as const;
    for (let count = 0; count < 100; count += 1) tell(trouble);
    tell({ ...trouble, kind: 'flood' });
    tell({ ...trouble, address: 'y' });
    expect(told).toEqual(['key x', 'flood x', 'key y']);
    advance(60_000);
    tell(trouble);
    expect(told).toHaveLength(4);
  });

  it('from everywhere at once does not fill the memory', () => {
    const { clock } = makeTime();
    const told: MeshTrouble[] = [];
    const tell = quieten(clock, (trouble) => told.push(trouble));
    for (let at = 0; at < 5_000; at += 1)
      tell({ kind: 'key', address: `${at}`, host: undefined, detail: '' });
    expect(told).toHaveLength(1_024);
  });
});

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort = 1;

  constructor(remoteAddress: string, remotePort: number) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  destroy(): void {
    this.emit('close');
  }
}
