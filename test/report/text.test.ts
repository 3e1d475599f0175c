import { describe, expect, it } from 'vitest';
import { renderText } from '../../src/report/text.ts';
import { built, everyStanding, makeInput, makeView, pkgName } from './fixture.ts';
import { previousBuild } from './html/trees.ts';

describe('report.txt', () => {
  it('has pbulk’s layout on top, and below it every package that is missing and why', async () => {
    await expect(renderText(makeView(everyStanding()))).toMatchFileSnapshot('golden/report.txt');
  });

  it('says that a package timed out, which is not the same as an error', () => {
    const run = { failedIn: 'build', reason: 'make all: silent and idle', class: 'timeout' } as const;
    expect(renderText(makeView(makeInput([{ name: 'hang-1', run }])))).toMatch(
      /failed in build after .+ \(timed out: killed at each try\)/,
    );
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

  it('sets long names and equals as pbulk does', () => {
    const fails = { failedIn: 'build', reason: 'x' };
    const long = 'devel/py-a-name-of-more-than-thirty-seven-characters';
    const specs = [
      { name: 'long-1', path: long, run: fails },
      { name: 'a-1', path: 'cat/a', run: fails },
      { name: 'b-1', path: 'cat/b', run: fails },
      { name: 'user-1', needs: ['a-1', 'b-1'] },
    ];
    const lines = renderText(makeView(makeInput(specs))).split('\n');
    expect(lines).toContain(`${long} pkgsrc-users@NetBSD.org`);
    expect(lines).toContain(`${'cat/a'.padEnd(37)}      1 pkgsrc-users@NetBSD.org`);
    const top = lines.slice(lines.indexOf('Packages breaking the most other packages'));
    expect(top.slice(4, 6).map((line) => line.slice(0, 5))).toEqual(['cat/b', 'cat/a']);
  });

  it('says what changed since the previous build', () => {
    const text = renderText(makeView({ ...everyStanding(), previous: previousBuild }));
    expect(text).toContain(
      [
        'Since build 20260227T000001Z-aaa111, which ended at 2026-02-27 05:00',
        '',
        '  New failures 1, fixed 1, still failing 1, failing at the first try 0,',
        '  failed then and not tried now 0, failed then and gone 1',
        '',
        'New failures (1)',
        '',
        '  cairo-1.18.4 in configure',
        '',
        'Fixed (1)',
        '',
        '  zlib-1.3.1, which failed in configure',
        '',
      ].join('\n'),
    );
  });

  it('says how many packages were kept, below what pbulk counts as built', () => {
    const text = renderText(makeView({ ...everyStanding(), kept: new Set([pkgName('tiff-4.7.1')]) }));
    expect(readAsPrograms(text)).toMatchObject({ 'Successfully built': '4' });
    expect(text).toContain('\nOf those built, 1 package kept from earlier builds.\n');
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
