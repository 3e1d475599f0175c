import { describe, expect, it } from 'vitest';
import { hostId, makeToken } from '../../src/core/ids.ts';
import { parseToken, RowReader } from '../../src/store/row.ts';

describe('parseToken', () => {
  it('takes what makeToken makes and nothing else', () => {
    const token = makeToken({ host: hostId('abc'), incarnation: 12 }, 345);
    expect(parseToken(token)).toBe(token);
    for (const text of ['', '1.2', '1.2@', '01.2@abc', '1.2.3@abc', '-1.2@abc', 'x.2@abc', '1.2abc']) {
      expect([text, parseToken(text)]).toEqual([text, undefined]);
    }
  });
});

describe('RowReader', () => {
  it('names the column whose value is not what it should be', () => {
    expect(() => new RowReader([1]).text('name')).toThrow('name: no text');
    expect(() => new RowReader(['x']).number('size')).toThrow('size: no number');
    expect(() => new RowReader([Number.NaN]).number('size')).toThrow('size: no number');
    expect(() => new RowReader([]).token('token')).toThrow('token: no text');
    expect(() => new RowReader({})).toThrow('no row');
  });
});
