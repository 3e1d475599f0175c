import { expect, it } from 'vitest';
import { keepFirst } from '../../src/pkgsrc/duplicates.ts';
import { makeRecord } from './records.ts';

it('of records with one PKGNAME the first is kept and the others are told', () => {
  const first = makeRecord('a-1', { location: 'x/a' });
  const other = makeRecord('b-1');
  const second = makeRecord('a-1', { location: 'y/a' });
  expect(keepFirst([first, other, second])).toEqual({
    records: [first, other],
    duplicates: [{ dropped: second, kept: first }],
  });
});
