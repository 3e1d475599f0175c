import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, escapeText, shorten, toRelativeUrl } from '../../src/report/escape.ts';

describe('escaping', () => {
  it('leaves nothing in HTML that begins a tag, an entity or ends an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      }),
    );
  });

  it('gives a terminal no control character, whatever a package says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeText(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
        expect(escapeText(text).isWellFormed()).toBe(true);
      }),
    );
    expect(escapeText('\u001b[31mred\u001b[0m\nnext')).toBe('\\x1b[31mred\\x1b[0m next');
    expect(escapeText('a\u202eb')).toBe('a\\u202eb');
  });

  it('leaves ordinary names and letters of any script as they are', () => {
    expect(escapeHtml('libsigc++-2.12.1 Jörg 東京 😀')).toBe('libsigc++-2.12.1 Jörg 東京 😀');
  });

  it('shortens with an ellipsis and never in the middle of a character', () => {
    expect(shorten('abcdef', 4)).toBe('abc…');
    expect(shorten('ab😀cd', 4)).toBe('ab…');
    expect(shorten('abc', 3)).toBe('abc');
  });

  it('keeps a hostile name inside one segment of a link', () => {
    expect(toRelativeUrl(['..', '../../etc/passwd', 'a.log'])).toBe('../..%2F..%2Fetc%2Fpasswd/a.log');
    expect(toRelativeUrl(['javascript:alert(1)'])).toBe('javascript%3Aalert(1)');
    expect(toRelativeUrl(['a#b?c', 'gtk3+.log'])).toBe('a%23b%3Fc/gtk3%2B.log');
  });
});
