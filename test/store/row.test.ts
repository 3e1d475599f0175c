import { describe, expect, it } from 'vitest';
import { makeToken } from '../../src/core/ids.ts';
import { RowReader } from '../../src/store/row.ts';
import { makeLife } from '../core/lives.ts';

describe('RowReader', () => {
  it('names the column whose value is not what it should be', () => {
    expect(() => new RowReader([1]).text('name')).toThrow('name: no text');
    expect(() => new RowReader(['x']).number('size')).toThrow('size: no number');
    expect(() => new RowReader([Number.NaN]).number('size')).toThrow('size: no number');
    expect(() => new RowReader([]).token('token')).toThrow('token: no text');
    expect(() => new RowReader({})).toThrow('no row');
  });

  it('takes for a token what an agent makes and nothing else', () => {
    const token = makeToken({ n: 7, life: makeLife('abc', 12) }, 345, 2);
    expect(new RowReader([token]).token('token')).toBe(token);
    const others = [
      '',
      '1.2.b.3.0',
      '1.2.b.3.0@',
      '1.2@abc',
      '01.2.b.3.0@abc',
      '1.2.b.3.4.5@abc',
      '-1.2.b.3.0@abc',
    ];
    for (const text of [...others, '1.2.b.3.x@abc', '1.2.b.3.0abc', '9007199254740993.1.b.1.0@abc']) {
      expect(() => new RowReader([text]).token('token'), text).toThrow('token: no token');
    }
  });
});
