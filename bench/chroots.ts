import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { connectAgent } from '../agent/control/client.ts';
import type { BuildSummary } from '../agent/control/protocol.ts';
import { startAgent } from '../agent/main.ts';
import { layExample } from '../test/e2e/example.ts';
import { type Point, plotThroughput } from './chroots/plot.ts';

export const description =
  'the example tree with 1, 2, 4 and 8 chroots: packages a minute, makespan, idle time';

/** Builds the example tree once for each count of chroots in `args` (1 2 4 8), each time from nothing. */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const counts = args.length > 0 ? args.map(Number) : [1, 2, 4, 8];
  if (counts.some((count) => !Number.isInteger(count) || count < 1)) {
    throw new Error(`chroot counts are whole numbers from 1: ${args.join(' ')}`);
  }
  const rows = [];
  console.log('chroots  packages/min  makespan s  lower bound s   busy  sandbox  starved  (slot-seconds)');
  for (const slots of counts) {
    const row = describeBuild(slots, await buildOnce(slots));
    rows.push(row);
    const cells = [row.makespanS, row.lowerBoundS, row.busyS, row.sandboxS, row.starvedS];
    console.log(
      `${String(slots).padStart(7)}  ${row.packagesPerMinute.toFixed(1).padStart(12)}  ` +
        cells.map((cell) => cell.toFixed(1).padStart(8)).join(' '),
    );
  }
  const plot = join(import.meta.dirname, 'results/chroots.svg');
  await mkdir(join(plot, '..'), { recursive: true });
  const cores = availableParallelism();
  await writeFile(plot, plotThroughput(rows, `Throughput against chroots, example tree, ${cores} cores`));
  return { cores, builds: rows, plot };
}

interface Row extends Point {
  readonly ended: number;
  readonly makespanS: number;
  readonly lowerBoundS: number;
  readonly busyS: number;
  readonly sandboxS: number;
  readonly starvedS: number;
}

const describeBuild = (slots: number, summary: BuildSummary): Row => {
  const ended = summary.counts.built + summary.counts.failed;
  const { busy, sandbox, starved, stopped } = summary.slotSeconds;
  // The plan's own time: scanning and reporting are not what chroots are for.
  const makespanS = (busy + sandbox + starved + stopped) / slots;
  const lowerBoundS = summary.lowerBoundMs / 1000;
  return {
    slots,
    ended,
    packagesPerMinute: (ended * 60) / makespanS,
    boundPerMinute: (ended * 60) / lowerBoundS,
    makespanS,
    lowerBoundS,
    busyS: busy,
    sandboxS: sandbox,
    starvedS: starved,
  };
};

const buildOnce = async (slots: number): Promise<BuildSummary> => {
  const ground = await layExample({ slots });
  try {
    const agent = await startAgent(ground.config, { log: 'silent' });
    try {
      const client = await connectAgent(agent.socket);
      const stop = new AbortController();
      const events = client.events(stop.signal);
      const [summary] = await Promise.all([
        awaitFinish(events).finally(() => stop.abort()),
        client.build({ pkgpaths: [], fresh: true }),
      ]);
      return summary;
    } finally {
      agent.shutdown('now');
      await agent.stopped;
    }
  } finally {
    await ground.remove();
  }
};

const awaitFinish = async (events: ReturnType<Awaited<ReturnType<typeof connectAgent>>['events']>) => {
  for await (const event of events) {
    if (event.kind !== 'finished') continue;
    if (event.summary.error !== undefined) throw new Error(event.summary.error.message);
    return event.summary;
  }
  throw new Error('the agent went away before the build ended');
};
