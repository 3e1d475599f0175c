import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeLine, escapeStream, escapeText } from '../../../cli/ui/escape.ts';

describe('escaped build output', () => {
  it.each([
    ['colours', '\x1b[1;31merror\x1b[0m: no', 'error: no'],
    ['a new terminal title', '\x1b]0;owned\x07after', 'after'],
    ['a title ended by ST', '\x1b]2;owned\x1b\\after', 'after'],
    ['clipboard and device strings', '\x1bP1$q\x1b\\a\x1b_x\x1b\\b', 'ab'],
    ['eight-bit sequences', '\x9b2Ja\x9d0;t\x9cb', 'ab'],
    ['a reset', 'a\x1bcb', 'ab'],
    ['an unfinished sequence, up to its line only', 'a\x1b]0;never ends\nnext', 'a\nnext'],
    ['overprinting by carriage return', 'one\rtwo\r\nthree', 'one\ntwo\nthree'],
    ['bells and backspaces', 'a\x07\x08b', 'a\\x07\\x08b'],
    ['text that runs backwards', 'abc\u202edef', 'abc\\u{202e}def'],
  ])('loses %s', (_what, text, shown) => {
    expect(escapeText(text)).toBe(shown);
  });

  it('keeps tabs, newlines and letters of all languages', () => {
    expect(escapeText('a\tb\nd\u00e9j\u00e0 \u6f22\u5b57 \u{1f600}')).toBe(
      'a\tb\nd\u00e9j\u00e0 \u6f22\u5b57 \u{1f600}',
    );
  });

  it('is one line for a name', () => {
    expect(escapeLine('a\nb\tc\r\nd')).toBe('a b c d');
  });

  it('holds no control character whatever goes in', () => {
    const text = fc.string({
      unit: fc.constantFrom('\x1b', '[', ']', 'm', '\x07', '\x9b', '\r', '\0', 'P', '\\', 'a', '\n'),
    });
    fc.assert(fc.property(text, (raw) => !/[\0-\x08\x0b-\x1f\x7f-\x9f]/.test(escapeText(raw))));
  });

  it('comes out of a stream as from one piece, with sequences cut anywhere', async () => {
    const text = 'ok \x1b[31mred\x1b[0m\r\nnext \x1b]0;title\x07line\nlast';
    for (let cut = 0; cut <= text.length; cut += 1) {
      const parts: string[] = [];
      for await (const part of escapeStream(feed(text.slice(0, cut), text.slice(cut)))) parts.push(part);
      expect(parts.join('')).toBe('ok red\nnext line\nlast');
    }
  });
});

async function* feed(...chunks: readonly string[]): AsyncGenerator<string> {
  yield* chunks;
}
