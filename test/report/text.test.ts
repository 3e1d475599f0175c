import { describe, expect, it } from 'vitest';
import { renderText } from '../../src/report/text.ts';
import { built, everyStanding, makeInput, makeView } from './fixture.ts';

describe('report.txt', () => {
  it('has pbulk’s layout on top, and below it every package that is missing and why', async () => {
    await expect(renderText(makeView(everyStanding()))).toMatchFileSnapshot('golden/report.txt');
  });

  it('gives a program that reads pbulk reports by their keys the right figures', () => {
    const input = { ...everyStanding(), baseUrl: 'https://example.org/reports/' };
    const fields = readAsPrograms(renderText(makeView(input)));
    expect(fields).toMatchObject({
      Compiler: 'gcc 12.4.0',
      'Build start': '2026-02-28 00:21',
      'Machine readable version': 'https://example.org/reports/20260228.0021/meta/report.bz2',
      'Successfully built': '3',
      'Failed to build': '2',
      'Depending on failed package': '2',
      'Explicitly broken or masked': '2',
      'Depending on masked package': '2',
    });
  });

  it('keeps a reason from posing as one of those keys, or as a line or colour of its own', () => {
    const reason = 'Failed to build: 0\nCompiler: none\n\u001b[2J';
    const text = renderText(makeView(makeInput([{ name: 'a-1', run: { failedIn: 'build', reason } }])));
    expect(readAsPrograms(text)).toMatchObject({ Compiler: 'gcc 12.4.0', 'Failed to build': '1' });
    expect(text).not.toContain('\u001b');
  });

  it('caps what a failure breaks, with how many more there are, and keeps lines short', () => {
    const fan = Array.from({ length: 40 }, (_, i) => ({ name: `needs-a-number${i}-1`, needs: ['a-1'] }));
    const failing = { name: 'a-1', run: { failedIn: 'build', reason: 'x' } };
    const text = renderText(makeView(makeInput([failing, ...fan])));
    expect(text).toMatch(/breaks 40: .*\n(.*\n)*.*and 28 more/);
    expect(text.split('\n').every((line) => line.length <= 100)).toBe(true);
  });

  it('says nothing of what did not happen', () => {
    const text = renderText(makeView(makeInput([{ name: 'a-1', run: built() }])));
    expect(text).not.toMatch(/Masked packages|Not built yet|breaking the most|scan failed/);
  });
});

/** As BulkTracker does: every line with a colon, the last one of a key wins. */
function readAsPrograms(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const at = line.indexOf(':');
        return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
  );
}
