import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WordTable } from '../../src/pkgsrc/wordtable.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text);

describe('a table of words', () => {
  it('gives back what the bytes say, however many words there are and however often they come', () => {
    const words = Array.from({ length: 5_000 }, (_, at) => `word${at}>=1.${at % 7}:../../cat/é${at}`);
    const table = new WordTable();
    for (const word of [...words, ...words.toReversed()]) {
      const bytes = bytesOf(`x${word}y`);
      expect(table.intern(bytes, 1, bytes.length - 1)).toBe(word);
    }
  });

  it('keeps what it gave when the bytes are used again', () => {
    const table = new WordTable();
    const bytes = bytesOf('one two');
    expect(table.internWords(bytes, 0, bytes.length)).toEqual(['one', 'two']);
    bytes.fill('z');
    expect(table.intern(bytesOf('one'), 0, 3)).toBe('one');
  });

  it('tells words apart that have one hash', () => {
    // Known to collide in FNV-1a of 32 bits, and of one length.
    const [left, right] = ['declinate', 'macallums'];
    const table = new WordTable();
    expect(table.internWords(bytesOf(`${left} ${right} ${left}`), 0, 29)).toEqual([left, right, left]);
  });

  it('splits at blanks of every kind, as often as they come', () => {
    const byte = fc.constantFrom(' ', '\t', '\v', '\f', '\r', 'a', 'b', 'é', '\u00a0', '"', '😀');
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        const bytes = bytesOf(`#${text}#`);
        const wanted = text.split(/[ \t\v\f\r]+/).filter((word) => word !== '');
        expect(new WordTable().internWords(bytes, 1, bytes.length - 1)).toEqual(wanted);
      }),
    );
  });

  it('reads bytes that are no UTF-8 as any reader does', () => {
    const bytes = Buffer.from([0x61, 0xff, 0xc3, 0x20, 0xa9]);
    expect(new WordTable().internWords(bytes, 0, 5)).toEqual(['a\ufffd\ufffd', '\ufffd']);
  });
});
