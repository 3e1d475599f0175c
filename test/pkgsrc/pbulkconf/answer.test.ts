import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAnswer } from '../../../src/pkgsrc/pbulkconf/answer.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const value = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);

describe('the answer of the shell', () => {
  it('gives back every value as it was, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        const text = pairs.map(([key, each]) => `v\0${key}\0${each}\0`).join('');
        expect(parseAnswer(encode(`${text}end\0`))?.variables).toEqual(new Map(pairs));
      }),
    );
  });

  it('is refused when a part of it is missing, however it was cut', () => {
    const whole = encode('v\0bulklog\0/bulklog\0v\0make\0\0u\0t\x003600\0end\0');
    expect(parseAnswer(whole)?.ulimits).toEqual(new Map([['t', '3600']]));
    for (let length = 0; length < whole.length; length++) {
      expect(parseAnswer(whole.subarray(0, length))).toBeUndefined();
    }
  });

  it.each([
    '',
    'end',
    'x\0a\0b\0end\0',
    'v\0a b\0c\0end\0',
    'v\0a\0end\0',
    'u\0tt\x001\0end\0',
    'u\0t\0-1\0end\0',
  ])('is refused when it is %j', (text) => {
    expect(parseAnswer(encode(text))).toBeUndefined();
  });

  it('is a value or undefined for any bytes, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const answer = parseAnswer(bytes);
        for (const key of answer?.variables.keys() ?? []) expect(key).toMatch(/^[A-Za-z_]\w*$/);
      }),
      { numRuns: 1000 },
    );
  });
});
