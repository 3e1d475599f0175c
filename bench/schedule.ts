import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, type Line } from './schedule/compare.ts';
import { hasData, loadBulkLarge, loadWholeTree } from './schedule/data.ts';
import { listParts } from './schedule/grid.ts';
import { plotRatios } from './schedule/plot.ts';
import { renderTable } from './schedule/table.ts';

export const description = 'makespan by lower bound on recorded builds: ours beside list schedulers';

const USAGE = 'bench: schedule takes --full (hours), --part N, or nothing';
const results = join(import.meta.dirname, 'results');

/**
 * Replays the recorded build of bulk-large and the graph of the whole tree in virtual time: by list schedulers without a network,
 * and by real agents, one for each host, over a network without faults. `--full` runs every size and every turn; `--part N`
 * only the Nth table.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  if (!hasData()) return { skipped: 'the recorded data is not there' };
  const { isFull, only } = readArguments(args);
  const workloads = { bulkLarge: await loadBulkLarge(), wholeTree: await loadWholeTree(1) };
  await mkdir(results, { recursive: true });
  const parts: { readonly title: string; readonly plot: string; readonly lines: readonly Line[] }[] = [];
  for (const [index, { title, rows, contenders }] of listParts(workloads, isFull).entries()) {
    if (only !== undefined && only !== index + 1) continue;
    const lines: Line[] = [];
    for (const row of rows) {
      lines.push(compare(row, contenders));
      process.stderr.write('.');
    }
    process.stderr.write('\n');
    process.stdout.write(
      `\n${title}: makespan by lower bound, mean of the seeds (worst)\n\n${renderTable(lines)}\n`,
    );
    const plot = join(results, `schedule-${index + 1}.svg`);
    await writeFile(plot, plotRatios(lines, `${title}: makespan by lower bound`));
    parts.push({ title, plot, lines });
  }
  process.stdout.write('\n');
  return { parts };
}

function readArguments(args: readonly string[]): {
  readonly isFull: boolean;
  readonly only: number | undefined;
} {
  const at = args.indexOf('--part');
  const only = at < 0 ? undefined : Number(args[at + 1]);
  const rest = args.filter(
    (arg, index) => arg !== '--full' && (at < 0 || (index !== at && index !== at + 1)),
  );
  if (rest.length > 0 || (only !== undefined && !(only >= 1 && only <= 2))) throw new Error(USAGE);
  return { isFull: args.includes('--full'), only };
}
