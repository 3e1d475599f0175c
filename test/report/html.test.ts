import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PkgPath } from '../../src/pkgsrc/package.ts';
import { renderHtml } from '../../src/report/html.ts';
import { built, everyStanding, makeInput, makeView, pkgName } from './fixture.ts';

const EVIL = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&`;

describe('report.html', () => {
  const page = renderHtml(makeView(everyStanding()));

  it('links each failed package to the log of the stage it failed in, relative to the page', () => {
    expect(page).toContain('href="../cairo-1.18.4/configure.log">configure</a>');
  });

  it('names the culprits of each blocked package and links them to their rows', () => {
    const row = page.match(/<tr><td>gtk3\+-3\.24\.51<td>.*/)?.[0] ?? '';
    const targets = [...row.matchAll(/href="#([^"]*)">([^<]*)/g)].map(([, id, name]) => [id, name]);
    expect(targets.map(([, name]) => name)).toEqual(['cairo-1.18.4', 'py312-fuse-1.0']);
    for (const [id] of targets) expect(page).toContain(`<tbody id="${id}">`);
  });

  it('shows reasons, scan failures with what make said, and what is left of a stopped build', () => {
    expect(page).toContain('Couldn&#39;t find fuse headers');
    expect(page).toContain('nothing matches py311-buildbot-[0-9]*');
    expect(page).toContain('bmake: &quot;Makefile&quot; line 7: Need an operator');
    expect(page).toContain('This build was stopped: 1 package not built yet.');
  });

  it('marks trouble of hosts apart from failures of packages', () => {
    expect(page.match(/trouble of hosts/g)).toHaveLength(1);
  });

  it('needs nothing from anywhere else', () => {
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page).not.toMatch(/@import|url\(/);
  });

  it('lets only its own script and style run', () => {
    const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)?.[1] ?? '';
    for (const tag of ['script', 'style']) {
      const inline = page.match(new RegExp(`<${tag}>([^]*?)</${tag}>`))?.[1] ?? '';
      const hash = createHash('sha256').update(inline).digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(policy).toContain("default-src 'none'");
  });

  it('shows what hostile packages say of themselves as text, wherever it stands', () => {
    const hostile = renderHtml(makeView(hostileTree()));
    expect(tagsOf(hostile)).toEqual(tagsOf(renderHtml(makeView(hostileTree('harmless-1')))));
    expect(hostile.match(/<script/g)).toHaveLength(1);
    expect(hostile).not.toMatch(/<img|onerror=alert\(2\)>/);
  });

  it.each([
    { failing: 0, building: 30_000 },
    { failing: 1_500, building: 20_000 },
    { failing: 10_000, building: 0 },
  ])(
    'stays below 5 MB for 30,000 packages, $failing of them failed',
    { timeout: 60_000 },
    ({ failing, building }) => {
      const name = (i: number): string => `p5-Some-Name${i}-1.2.3nb4`;
      const specs = Array.from({ length: 30_000 }, (_, i) => ({
        name: name(i),
        needs: i < failing + building ? [] : [name(i % failing), name((i * 7) % failing)],
        ...(i < failing ? { run: { failedIn: 'build', reason: 'Error code 1' } } : {}),
        ...(i >= failing && i < failing + building ? { run: built() } : {}),
      }));
      const large = renderHtml(makeView(makeInput(specs)));
      expect(Buffer.byteLength(large)).toBeLessThan(5_000_000);
      const shown = large.match(/<tr><td>/g)?.length ?? 0;
      expect(shown + countLeftOut(large)).toBeGreaterThanOrEqual(30_000);
      // Only a tree of which a third failed has to leave rows out, and then it says so.
      if (failing < 10_000) expect(countLeftOut(large)).toBe(0);
    },
  );
});

/** Rows that lists say they left out: `<h2>` has how many there are, the note how many are shown. */
function countLeftOut(html: string): number {
  const parts = html.matchAll(
    /"count">([\d,]+)<\/span><\/h2><\/summary>\n<p class="note">The first ([\d,]+) of/g,
  );
  const toNumber = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''));
  return [...parts].reduce((sum, [, all, shown]) => sum + toNumber(all) - toNumber(shown), 0);
}

/** Every text of a report that comes from packages, make or configuration. */
function hostileTree(text = EVIL): Parameters<typeof makeView>[0] {
  const reason = text;
  const input = makeInput(
    [
      { name: text, path: text, maintainer: text, run: { failedIn: 'build', reason } },
      { name: `${text}1`, needs: [text] },
      { name: `${text}2`, path: text, run: built() },
      { name: `${text}3`, state: { kind: 'masked', by: 'fail', reason } },
      { name: `${text}4`, state: { kind: 'indirect', of: 'masked', culprits: [pkgName(text)] } },
      { name: `${text}5`, state: { kind: 'unresolved', reason } },
      { name: `${text}6`, path: text },
      { name: `${text}7`, needs: [`${text}2`], run: { failedIn: 'build', reason, class: 'infra' } },
    ],
    {
      host: text,
      baseUrl: text,
      platform: { opsys: text, osVersion: text, machineArch: text, compiler: text },
      scanFailures: [{ pkgpath: text as PkgPath, reason, detail: `${text}\n${text}` }],
    },
  );
  return input;
}

function tagsOf(html: string): string[] {
  return [...html.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag ?? '');
}
