import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../../src/report/html.ts';
import { listBroken } from '../../../src/report/outcomes.ts';
import { built, everyStanding, makeInput, makeView, type PackageSpec } from '../fixture.ts';
import { findBrowser, openPage, type Page } from './browser.ts';
import { hostileTree, previousBuild } from './trees.ts';

const program = findBrowser();
const where = program === undefined ? ' (skipped: this machine has no chromium)' : '';

describe.skipIf(program === undefined)(`report.html in a browser${where}`, { timeout: 20_000 }, () => {
  let dir = '';
  let page: Page;
  let count = 0;
  beforeAll(async () => {
    page = await openPage(program ?? '');
    dir = await mkdtemp(join(tmpdir(), 'bulkmesh-page-'));
  });
  afterAll(async () => {
    await page.close();
    await rm(dir, { recursive: true, force: true });
  });

  const open = async (input: Parameters<typeof makeView>[0]): Promise<void> => {
    const file = join(dir, `${count++}.html`);
    await writeFile(file, renderHtml(makeView(input)));
    await page.open(file);
  };
  const rows = (list: string, column = 0): Promise<unknown> =>
    page.ask(
      `[...document.querySelectorAll('#${list} tbody>tr:first-child')].map((r) => r.cells[${column}].textContent)`,
    );
  const settle = 'new Promise((resolve) => setTimeout(resolve, 300))';

  it('lists every standing with its packages, culprits linked, and complains of nothing', async () => {
    await open(everyStanding());
    expect(await rows('failed')).toEqual([
      'cairo-1.18.4 graphics/cairo',
      'py312-fuse-1.0 filesystems/py-fuse trouble of hosts',
    ]);
    expect(await rows('blocked', 1)).toEqual(['cairo-1.18.4 py312-fuse-1.0 ', 'cairo-1.18.4 ']);
    expect(await rows('behind-masked', 1)).toEqual(['fuse-3.17 ']);
    expect(await rows('behind-unresolved', 1)).toEqual(['buildbot-4.2 ']);
    expect(await rows('scan')).toEqual(['lang/broken']);
    expect(await rows('open')).toEqual(['tiff-4.7.1']);
    expect(await page.ask(`document.querySelector('#failed a.stage').getAttribute('href')`)).toBe(
      '../cairo-1.18.4/configure.log',
    );
    expect(page.complaints).toEqual([]);
  });

  it('marks what timed out', async () => {
    const run = { failedIn: 'build', reason: 'silent', class: 'timeout' } as const;
    await open(makeInput([{ name: 'hang-1', path: 'misc/hang', run }]));
    expect(await rows('failed')).toEqual(['hang-1 misc/hang timed out']);
  });

  it('sorts by a click on a head, and the other way by a second one', async () => {
    await open(everyStanding());
    const click = `[...document.querySelectorAll('#failed th button')].at(-1).click()`;
    await page.ask(click);
    expect(await rows('failed', 4)).toEqual(['12s', '4.0s']);
    await page.ask(click);
    expect(await rows('failed', 4)).toEqual(['4.0s', '12s']);
  });

  it('finds packages by name, path, maintainer or reason, and hides what has none', async () => {
    await open(everyStanding());
    const type = (word: string) =>
      page.ask(`(() => { const f = document.querySelector('.find input'); f.value = '${word}';
        f.dispatchEvent(new Event('input')); return ${settle}; })()`);
    const visible = `[...document.querySelectorAll('.part')].filter((p) => !p.hidden).map((p) => p.id)`;
    await type('PIXMAN');
    expect(await page.ask(visible)).toEqual(['failed']);
    await type('graphics/png');
    expect(await page.ask(visible)).toEqual(['built']);
    expect(await rows('built')).toEqual(['png-1.6.53']);
    await type('');
    expect(await page.ask(`${visible}.length`)).toBe(9);
  });

  it('says what changed since the previous build, new failures first', async () => {
    await open({ ...everyStanding(), previous: previousBuild });
    expect(await rows('new')).toEqual(['cairo-1.18.4 graphics/cairo']);
    expect(await rows('failed', 2)).toEqual(['new', 'still, was build']);
    expect(await rows('fixed')).toEqual(['zlib-1.3.1 devel/zlib']);
    expect(await page.ask(`document.querySelector('main').children[1].id`)).toBe('new');
    expect(await page.ask(`document.querySelector('.compared').textContent`)).toContain(
      'Since build 20260227T000001Z-aaa111 of 2026-02-27 05:00: 1 new failure, 1 fixed, 1 still failing',
    );
  });

  it('draws a long list as the reader comes near its end, and leads to a row that is not drawn', async () => {
    const specs: PackageSpec[] = Array.from({ length: 2_000 }, (_, i) => ({
      name: `p${String(i).padStart(4, '0')}-1.0`,
      needs: i === 0 ? [] : [`p${String(Math.floor((i - 1) / 3)).padStart(4, '0')}-1.0`],
      ...(i === 0 ? { run: { failedIn: 'build', reason: 'Error code 1' } } : {}),
    }));
    const input = makeInput(specs);
    await open(input);
    const drawn = `document.querySelectorAll('#blocked tbody').length`;
    await page.ask(`document.querySelector('#blocked').open = true; ${settle}`);
    expect(await page.ask(drawn)).toBeLessThan(500);
    await page.ask(`location.hash = '#p1500'; ${settle}`);
    expect(await page.ask(`document.querySelector('#blocked .target td b').textContent`)).toBe('p1500-1.0');
    await page.ask(`document.querySelector('#failed .broken summary').click(); ${settle}`);
    await page.ask(`document.querySelector('#failed .broken .more').click()`);
    const names = `[...document.querySelectorAll('#failed .broken .names a')].map((a) => a.textContent)`;
    const view = makeView(input);
    const [first] = view.failed;
    expect(await page.ask(names)).toEqual(first === undefined ? [] : listBroken(view.outcomes, first));
  });

  it('shows what hostile packages say of themselves as text', async () => {
    await open({ ...hostileTree(), kept: new Set(), previous: previousBuild });
    await page.ask(`document.querySelectorAll('.part').forEach((p) => { p.open = true; }); ${settle}`);
    await page.ask(`document.querySelectorAll('.broken summary').forEach((s) => s.click()); ${settle}`);
    expect(await page.ask(`document.querySelectorAll('img, main script, [onerror]').length`)).toBe(0);
    expect(await page.ask(`document.querySelector('#failed b').textContent`)).toContain('<script>alert(1)');
    expect(page.complaints).toEqual([]);
  });

  it('names the packages that were kept apart from those that were built', async () => {
    await open(
      makeInput([{ name: 'a-1' }, { name: 'b-1', run: built() }], { kept: new Set(['a-1'] as never[]) }),
    );
    await page.ask(`document.querySelectorAll('.part').forEach((p) => { p.open = true; }); ${settle}`);
    expect(await rows('kept')).toEqual(['a-1']);
    expect(await rows('built')).toEqual(['b-1']);
  });
});
