import { findBrowser, openPage } from '../../test/report/html/browser.ts';

/** How long a page takes to open and what a reader's clicks cost, in milliseconds. */
export interface PageTimes {
  /** Until the load event has been handled. */
  readonly openMs: number;
  readonly firstPaintMs: number;
  /** Processor time that opening took, the same on a busy machine. */
  readonly openCpuMs: number;
  /** Of the slowest sort of each list, with its layout and paint, the list being unfolded. */
  readonly sortMs: Readonly<Record<string, number>>;
  /** Of the filter over all lists, with its layout and paint. */
  readonly filterMs: number;
}

const MEASURE = `(async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const timed = async (act) => {
    const start = performance.now();
    act();
    document.body.getBoundingClientRect();
    await frame();
    return Math.round(performance.now() - start);
  };
  const [load] = performance.getEntriesByType('navigation');
  const [paint] = performance.getEntriesByName('first-contentful-paint');
  const sortMs = {};
  for (const part of document.querySelectorAll('.part')) {
    await timed(() => { part.open = true; });
    let worst = 0;
    for (const head of part.querySelectorAll('th button')) worst = Math.max(worst, await timed(() => head.click()));
    sortMs[part.id] = worst;
  }
  const field = document.querySelector('.find input');
  const search = new Promise((resolve) => {
    const found = document.querySelector('.find output');
    new MutationObserver(() => resolve(performance.now())).observe(found, { childList: true });
  });
  field.value = 'png';
  const start = performance.now();
  field.dispatchEvent(new Event('input'));
  await search;
  document.body.getBoundingClientRect();
  await frame();
  const filterMs = Math.round(performance.now() - start);
  return JSON.stringify({
    openMs: Math.round(load.loadEventEnd), firstPaintMs: Math.round(paint?.startTime ?? 0), sortMs, filterMs,
  });
})()`;

/** Opens the page in this machine's browser, sorts each of its lists and filters them; undefined without a browser. */
export async function measurePage(file: string): Promise<PageTimes | undefined> {
  const program = findBrowser();
  if (program === undefined) return undefined;
  const page = await openPage(program);
  try {
    await page.open(file);
    const openCpuMs = Math.round(await page.measureCpuMs());
    const times: Omit<PageTimes, 'openCpuMs'> = JSON.parse(String(await page.ask(MEASURE)));
    return { ...times, openCpuMs };
  } finally {
    await page.close();
  }
}
