import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { hostId } from '../../src/core/ids.ts';
import type { PkgPath } from '../../src/pkgsrc/package.ts';
import { renderHtml } from '../../src/report/html.ts';
import { everyStanding, makeInput, makeView } from './fixture.ts';
import { hostileTree, previousBuild } from './html/trees.ts';

describe('report.html', () => {
  const page = renderHtml(makeView(everyStanding()));

  it('lists the failures with their logs where scripts do not run, and says where the rest is', () => {
    const plain = page.match(/<noscript>([\s\S]*)<\/noscript>/)?.[1] ?? '';
    expect(plain).toContain('href="../cairo-1.18.4/configure.log">configure</a>');
    expect(plain).toContain('configure: error: pixman &gt;= 0.36 is missing');
    expect(plain).toContain('<a href="report.txt">report.txt</a>');
  });

  it('says that the build was stopped and what is left of it', () => {
    expect(page).toContain('This build was stopped: 1 package not built yet.');
  });

  it('says in a line what changed since the previous build, and leaves it out when there is none', () => {
    expect(page).not.toContain('Since build');
    const compared = renderHtml(makeView({ ...everyStanding(), previous: previousBuild }));
    expect(compared).toContain('<a href="#new"><b class="bad">1 new failure</b></a>');
    expect(compared).toContain('<a href="#fixed"><b class="good">1 fixed</b></a>');
    expect(compared).toContain('<a href="#gone">1 failed then and gone</a>');
  });

  it('names the number of hosts when there are several', () => {
    const facts = [...everyStanding().facts].map(([name, fact], i) => {
      const origin = { ...fact.origin, host: hostId(`host-${i % 2}`) };
      return [name, { ...fact, origin }] as const;
    });
    expect(renderHtml(makeView({ ...everyStanding(), facts: new Map(facts) }))).toContain(
      '2 slots on 2 hosts',
    );
  });

  it('needs nothing from anywhere else', () => {
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page).not.toMatch(/@import|url\(/);
  });

  it('lets only its own script and style run', () => {
    const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)?.[1] ?? '';
    for (const tag of ['script', 'style']) {
      const inline = page.match(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`))?.[1] ?? '';
      expect(inline).not.toBe('');
      const hash = createHash('sha256').update(inline).digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(policy).toContain("default-src 'none'");
  });

  it('shows what hostile packages say of themselves as text, wherever it stands', () => {
    const hostile = renderHtml(makeView(hostileTree()));
    expect(tagsOf(hostile)).toEqual(tagsOf(renderHtml(makeView(hostileTree('harmless-1')))));
    expect(hostile.match(/<script/g)).toHaveLength(2);
    const [data = ''] = /(?<=id="data">)[^<]*/.exec(hostile) ?? [];
    expect(JSON.parse(data)).toMatchObject({
      names: expect.arrayContaining([expect.stringContaining('<img')]),
    });
    expect(hostile.replace(data, '')).not.toMatch(/<img|onerror=alert\(2\)>/);
  });

  it('stays below 2 MB in the mail or on the wire for 30,000 packages, a third of them failed', {
    timeout: 60_000,
  }, () => {
    const name = (i: number): string => `p5-Some-Name${i}-1.2.3nb4`;
    const specs = Array.from({ length: 30_000 }, (_, i) => ({
      name: name(i),
      needs: i < 10_000 ? [] : [name(i % 10_000), name((i * 7) % 10_000)],
      ...(i < 10_000
        ? { run: { failedIn: 'build', reason: `${i}.c:12: error: ${'x'.repeat(i % 80)}` } }
        : {}),
    }));
    const large = renderHtml(makeView(makeInput(specs)));
    expect(gzipSync(large).length).toBeLessThan(2_000_000);
  });

  it('keeps what make said of scan failures within bounds when the whole scan failed', () => {
    const detail = `${'make: stopped\n'.repeat(100)}`;
    const scanFailures = Array.from({ length: 20_000 }, (_, i) => ({
      pkgpath: `cat/p${i}` as PkgPath,
      reason: 'make exited with 1',
      detail,
    }));
    const large = renderHtml(makeView(makeInput([], { scanFailures })));
    expect(Buffer.byteLength(large)).toBeLessThan(4_000_000);
    expect(large).toContain('cat/p19999');
  });
});

function tagsOf(html: string): string[] {
  return [...html.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag ?? '');
}
