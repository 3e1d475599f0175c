/**
 * A set of small numbers, one bit each, that grows with its largest one: a hundred hosts' sets of thirty thousand tasks take
 * four hundred kilobytes, and are counted thirty-two tasks at a time.
 */
export interface Bits {
  words: Uint32Array;
}

export const createBits = (): Bits => ({ words: new Uint32Array(0) });

export const hasBit = ({ words }: Bits, number: number): boolean =>
  (((words[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;

/** False when it was there. */
export const addBit = (bits: Bits, number: number): boolean => {
  if (hasBit(bits, number)) return false;
  const place = number >>> 5;
  if (place >= bits.words.length) {
    const grown = new Uint32Array(Math.max(place + 1, bits.words.length * 2));
    grown.set(bits.words);
    bits.words = grown;
  }
  bits.words[place] = (bits.words[place] ?? 0) | (1 << (number & 31));
  return true;
};

/** False when it was not there. */
export const removeBit = (bits: Bits, number: number): boolean => {
  if (!hasBit(bits, number)) return false;
  const place = number >>> 5;
  bits.words[place] = (bits.words[place] ?? 0) & ~(1 << (number & 31));
  return true;
};

/** Those of the set from `first` on, ascending. */
export function* listBits({ words }: Bits, first = 0): Generator<number> {
  for (let place = first >>> 5; place < words.length; place++) {
    let word = words[place] ?? 0;
    if (place === first >>> 5) word &= -1 << (first & 31);
    while (word !== 0) {
      const bit = 31 - Math.clz32(word & -word);
      yield place * 32 + bit;
      word &= word - 1;
    }
  }
}
