import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findBrowser, openPage, type Page } from '../../../report/html/browser.ts';
import { failover, makeLarge } from './fixture.ts';
import { renderPage } from './page.ts';
import type { Recording } from './recording.ts';

const program = findBrowser();
const where = program === undefined ? ' (skipped: this machine has no chromium)' : '';

describe.skipIf(program === undefined)(
  `the picture of a run in a browser${where}`,
  { timeout: 30_000 },
  () => {
    let dir = '';
    let page: Page;
    let count = 0;
    beforeAll(async () => {
      page = await openPage(program ?? '');
      dir = await mkdtemp(join(tmpdir(), 'bulkmesh-picture-'));
    });
    afterAll(async () => {
      await page.close();
      await rm(dir, { recursive: true, force: true });
    });

    /** Until the page has drawn what its address says. */
    const settle = async (): Promise<void> => {
      const isReady = 'globalThis.isOld !== true && document.documentElement.dataset.ready';
      while ((await page.ask(isReady).catch(() => undefined)) !== 'true') await setTimeout(20);
      await page.ask('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
    };
    const open = async (recording: Recording): Promise<string> => {
      const html = renderPage(recording);
      const file = join(dir, `${count++}.html`);
      await writeFile(file, html);
      await page.open(file);
      await settle();
      return html;
    };
    /** A pointer on the middle of a run's bar, or on what else is said in the page's own words. */
    const point = (type: string, place: string): Promise<unknown> =>
      page.ask(`(() => {
      const { view, layout, data, arrows } = picture;
      const scroller = document.getElementById('scroller');
      const box = scroller.getBoundingClientRect();
      const bar = (i) => {
        const run = data.runs[i];
        const y = layout.laneTop(layout.rows[run.host], run.lane) + layout.laneHeight / 2;
        return [view.x((run.fromMs + run.toMs) / 2), y];
      };
      const arrow = (i) => [(arrows[i].x + arrows[i].endX) / 2, (arrows[i].y + arrows[i].endY) / 2];
      const strip = (host, ms) => [view.x(ms), layout.rows[host].stripTop + 11];
      const [x, y] = ${place};
      const at = { clientX: box.left + x, clientY: box.top + y - scroller.scrollTop, bubbles: true, pointerId: 1 };
      for (const type of '${type}'.split(' ')) scroller.dispatchEvent(new PointerEvent(type, at));
      return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    })()`);
    const text = (selector: string): Promise<unknown> =>
      page.ask(`document.querySelector('${selector}').textContent`);
    /** A key, and what it moves has come to rest. */
    const press = (key: string): Promise<unknown> =>
      page.ask(`new Promise((resolve) => {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', bubbles: true }));
      let before = '';
      const look = () => {
        const now = [picture.view.fromMs, picture.view.toMs].join();
        if (now === before) return resolve();
        before = now;
        setTimeout(() => requestAnimationFrame(look), 40);
      };
      requestAnimationFrame(() => setTimeout(look));
    })`);
    const spanMs = (): Promise<unknown> => page.ask('picture.view.spanMs()');

    it('tells of every bar what it is, where it is drawn', async () => {
      await open(failover);
      for (const [bar, words] of [
        [0, 'perl-5.42built, 25.0 s'],
        [1, 'p5-XML-2.4lost with its host, 10.0 s'],
        [2, 'broken-<b>1</b>failed, 14.0 s'],
        [3, 'p5-XML-2.4built, 30.0 s'],
      ] as const) {
        await point('pointermove', `bar(${bar})`);
        expect(await text('#tip')).toContain(words);
      }
      expect(page.complaints).toEqual([]);
    });

    it('says who leads, where and under which ballot', async () => {
      await open(failover);
      await point('pointermove', 'strip(1, 20000)');
      expect(await text('#tip')).toContain('h2 follows h1, ballot 1');
      await point('pointermove', 'strip(1, 75000)');
      expect(await text('#tip')).toContain('h2 leads, ballot 2');
      expect(await page.ask(`[...document.querySelectorAll('.host')].map((h) => h.className)`)).toEqual([
        'host gone',
        'host leads',
      ]);
    });

    it('opens what is known of a run by a click, with its other runs and what it needs, and lets go by Escape', async () => {
      await open(failover);
      await point('pointerdown pointerup', 'bar(3)');
      const details = await text('#details');
      expect(details).toContain('p5-XML-2.4');
      expect(details).toContain('grant 2 of h1 (life 1) under ballot 1, passed on once');
      expect(details).toContain('2 runs');
      expect(details).toContain('perl-5.42');
      await press('Escape');
      expect(await page.ask(`document.querySelector('#details').hidden`)).toBe(true);
    });

    it('draws the messages of chosen kinds, marks what never came, and shows what a message says', async () => {
      await open(failover);
      const names = `[...document.querySelectorAll('.kinds button')].map((b) => b.textContent)`;
      expect(await page.ask(names)).toEqual(['Leadership 1', 'Work 1', 'Liveness 0']);
      expect(await page.ask(`document.querySelectorAll('.kinds button')[2].title`)).toBe(
        'Too many to keep: 12,345 heartbeat',
      );
      await page.ask(`document.querySelectorAll('.kinds button')[0].click()`);
      await page.ask(`document.querySelectorAll('.kinds button')[1].click()`);
      await page.ask('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
      expect(await page.ask('picture.arrows.map(({ isLost }) => isLost)')).toEqual([false, true]);
      await point('pointerdown pointerup', 'arrow(0)');
      expect(await text('#details pre')).toBe('ballot 1 of h1\nperl-5.42 1.1.1.0@h1');
      expect(await text('#details')).toContain('after 1.00 s');
    });

    it('goes to an event of the list, and from one to the next by a key', async () => {
      await open(failover);
      const lines = `[...document.querySelectorAll('#events button')].map((b) => b.textContent)`;
      expect(await page.ask(lines)).toEqual([
        '0:40.00h1: crash',
        '0:41.00h2: leads, ballot 2',
        '1:35.00h2: S5: something runs twice',
      ]);
      await page.ask(`document.querySelectorAll('#events button')[1].click()`);
      await press('n');
      expect(await text('#clock')).toContain('1:35');
      expect(await page.ask('picture.view.fromMs < 95000 && picture.view.toMs > 95000')).toBe(true);
      expect(await spanMs()).toBeLessThanOrEqual(60_000);
    });

    it('finds a task by a part of its name and shows its last run', async () => {
      await open(failover);
      await page.ask(`(() => { const f = document.querySelector('#find'); f.focus(); f.value = 'XML';
      f.dispatchEvent(new Event('input')); })()`);
      expect(await text('#found')).toBe('p5-XML-2.4built');
      await page.ask(`document.querySelector('#found button').click()`);
      expect(await text('#details h2')).toContain('p5-XML-2.4');
      expect(await page.ask('picture.selected.run.fromMs')).toBe(50_000);
    });

    it('zooms, moves and goes from run to run by keys', async () => {
      await open(failover);
      const whole = Number(await spanMs());
      await press('+');
      expect(await spanMs()).toBeCloseTo(whole * 0.7, 0);
      await press('d');
      expect(await page.ask('picture.view.toMs')).toBeGreaterThan(whole * 0.85);
      await press('0');
      expect(await spanMs()).toBeCloseTo(whole, 0);
      await press(']');
      await press(']');
      expect(await text('#details h2')).toContain('broken-<b>1</b>');
    });

    it('keeps in its address what it shows, and shows it again', async () => {
      await open(failover);
      await page.ask(`picture.view.set(10000, 20000); new Promise((resolve) => setTimeout(resolve, 500))`);
      const address = await page.ask('location.hash');
      expect(address).toBe('#t=10000.0-20000.0');
      await page.ask('globalThis.isOld = true; setTimeout(() => location.reload()); 0');
      await settle();
      expect(await page.ask('Math.round(picture.view.fromMs)')).toBe(10_000);
    });

    it('opens 20 hosts with 2,000 tasks and 40,000 messages at once, from less than 5 MB', async () => {
      const html = await open(makeLarge(20, 2_000));
      expect(html.length).toBeLessThan(5_000_000);
      expect(await page.measureCpuMs()).toBeLessThan(2_000);
      expect(await page.ask('picture.data.messages.count')).toBe(40_000);
      expect(page.complaints).toEqual([]);
    });
  },
);
