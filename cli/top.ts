import type { MeshSnapshot } from '../agent/view/meshView.ts';
import { messageOf } from '../src/errors.ts';
import type { Interrupts } from './interrupts.ts';
import { type Key, scrollBy } from './ui/keys.ts';
import { createRate, type Rate } from './ui/rate.ts';
import { openScreen, type Screen } from './ui/screen.ts';
import type { Look } from './ui/text.ts';
import { renderTop } from './ui/top.ts';
import { measureProgress } from './ui/view.ts';

/** How often the hosts are asked, milliseconds. */
export const topEveryMs = 1_000;

/**
 * Shows the mesh on the whole terminal until a key or a signal ends it. An agent that does not answer is asked again:
 * until then the last picture stays, and says so.
 */
export async function showTop(
  ask: () => Promise<MeshSnapshot>,
  terminal: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream; readonly look: Look },
  interrupts: Interrupts,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const rates = new Map<string, Rate>();
  let mesh = await ask();
  let trouble: string | undefined;
  let first = 0;
  let isEnded = false;

  const draw = (screen: Screen): { listed: number; room: number } => {
    const size = { ...terminal.look, width: Math.max(20, screen.columns - 1), rows: screen.rows };
    const shown = renderTop({ mesh, rates: readRates(rates), trouble, first }, size, Date.now());
    screen.draw(shown.lines);
    return shown;
  };
  const onKey = (key: Key): void => {
    if (key === 'quit') {
      ended.resolve();
      return;
    }
    const { listed, room } = draw(screen);
    first = scrollBy(key, first, listed, room);
    draw(screen);
  };
  const screen = openScreen(terminal.input, terminal.output, {
    onKey,
    onChange: () => void draw(screen),
  });
  const look = async (): Promise<void> => {
    try {
      mesh = await ask();
      trouble = undefined;
      noteRates(rates, mesh);
    } catch (error) {
      trouble = messageOf(error);
    }
    if (isEnded) return;
    draw(screen);
    timer = setTimeout(() => void look(), topEveryMs);
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    noteRates(rates, mesh);
    interrupts.listen(() => ended.resolve());
    draw(screen);
    timer = setTimeout(() => void look(), topEveryMs);
    await ended.promise;
  } finally {
    isEnded = true;
    clearTimeout(timer);
    screen.close();
  }
}

function noteRates(rates: Map<string, Rate>, { builds, atMs }: MeshSnapshot): void {
  for (const { build, counts } of builds) {
    const rate = rates.get(build) ?? createRate();
    if (counts !== undefined) rate.note(measureProgress(counts).done, atMs);
    rates.set(build, rate);
  }
}

function readRates(rates: ReadonlyMap<string, Rate>): ReadonlyMap<string, number> {
  return new Map(
    [...rates].flatMap(([build, rate]) => {
      const perHour = rate.perHour();
      return perHour === undefined ? [] : [[build, perHour] as const];
    }),
  );
}
