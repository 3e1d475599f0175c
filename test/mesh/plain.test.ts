import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { isPlainMsgpack } from '../../src/mesh/plain.ts';

const nest = (depth: number): Buffer => Buffer.from([...Array(depth).fill(0x91), 0xc0]);

describe('plain msgpack', () => {
  it('is what any value of JSON becomes', () => {
    const packr = new Packr({ useRecords: false, variableMapSize: true });
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(isPlainMsgpack(packr.pack(value))).toBe(true);
      }),
    );
  });

  it.each<[string, unknown, object]>([
    ['a date', new Date(0), {}],
    ['a set', new Set([1]), { moreTypes: true, structuredClone: true }],
    ['an expression', /(a+)+$/, { moreTypes: true, structuredClone: true }],
    ['an error', new Error('x'), { moreTypes: true, structuredClone: true }],
    ['a number of 400 bits', 2n ** 400n, { useBigIntExtension: true }],
    ['bytes', Buffer.from('x'), {}],
    ['a record', { a: 1 }, { useRecords: true }],
    ['an undefined', [undefined], {}],
  ])('is not %s', (_what, value, options) => {
    expect(isPlainMsgpack(new Packr({ useRecords: false, ...options }).pack(value))).toBe(false);
  });

  it('ends where its bytes end', () => {
    for (const bytes of [[], [0xc0, 0xc0], [0x92, 1], [0xa5, 0x61], [0xd9], [0xda, 1], [0xcb, 0, 0]]) {
      expect(isPlainMsgpack(Uint8Array.from(bytes)), String(bytes)).toBe(false);
    }
  });

  it('promises no more values than there are bytes', () => {
    expect(isPlainMsgpack(Uint8Array.from([0xdd, 0xff, 0xff, 0xff, 0xff, 1]))).toBe(false);
    expect(isPlainMsgpack(Uint8Array.from([0xdf, 0x7f, 0xff, 0xff, 0xff, 1, 1]))).toBe(false);
  });

  it('is as deep as messages are, and no deeper', () => {
    expect(isPlainMsgpack(nest(12))).toBe(true);
    expect(isPlainMsgpack(nest(100_000))).toBe(false);
  });
});
