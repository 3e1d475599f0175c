import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addBit, createBits, hasBit, listBits, removeBit } from '../../../src/core/files/bits.ts';

test('a set of bits holds what a set of numbers holds, whatever comes and goes', () => {
  const change = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 200 }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 100 }), fc.nat(200), (changes, first) => {
      const bits = createBits();
      const model = new Set<number>();
      for (const [isAdded, number] of changes) {
        const isNew = isAdded ? !model.has(number) : model.has(number);
        expect((isAdded ? addBit : removeBit)(bits, number)).toBe(isNew);
        if (isAdded) model.add(number);
        else model.delete(number);
      }
      for (let number = 0; number <= 300; number++) expect(hasBit(bits, number)).toBe(model.has(number));
      const rest = [...model].filter((number) => number >= first).sort((a, b) => a - b);
      expect([...listBits(bits, first)]).toEqual(rest);
    }),
  );
});
