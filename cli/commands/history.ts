import type { Command } from 'commander';
import { importTimes } from '../../agent/history/importTimes.ts';
import { parseSelection } from '../../src/pkgsrc/selection.ts';
import type { HistoryRow } from '../../src/store/history.ts';
import { openReader, type StoreReader } from '../../src/store/reader.ts';
import { makeCommand, openConfig } from '../options.ts';
import { findLook, writeErrorLines, writeLines } from '../output.ts';
import { renderHistoryCsv } from '../ui/csv.ts';
import { escapeLine } from '../ui/escape.ts';
import { formatBytes, formatDay, formatDuration, formatNumberOf } from '../ui/format.ts';
import { type Column, renderTable } from '../ui/table.ts';
import { parseNumber } from './builds.ts';

interface HistoryOptions {
  readonly number: number;
  readonly stages?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** `bulkmesh history`: how packages went, build after build. */
export function makeHistoryCommand(): Command {
  return makeCommand(
    'history',
    'show how packages went in earlier builds',
    [
      'bulkmesh history                     the packages of the last build that built any',
      'bulkmesh history perl                every build of perl that is remembered',
      'bulkmesh history "lang/*" --stages   with the time of each stage',
      'bulkmesh history --csv > times.csv',
    ].join('\n'),
  )
    .description(
      'Shows builds of packages, the newest first: of those that the words select (PKGNAME, PKGBASE, PKGPATH, a ' +
        'pattern as in a dependency, a shell pattern for PKGPATHs), or of the last build. The latest 25 builds of ' +
        'each package are remembered; a new version goes on with the history of the old one.',
    )
    .argument('[pattern...]', 'which packages')
    .option('-n, --number <n>', 'at most so many lines', parseNumber, 1000)
    .option('--stages', 'wall and CPU time of each stage')
    .option('--json', 'as JSON')
    .option('--csv', 'as CSV, which history import reads')
    .action(async (words: string[], options: HistoryOptions, command: Command) => {
      const config = await openConfig(command);
      const reader = openReader(config.paths.state);
      try {
        const rows = findRows(reader, words).slice(0, options.number);
        writeLines(renderHistory(rows, options));
      } finally {
        reader.close();
      }
    })
    .addCommand(makeImportCommand());
}

function findRows(reader: StoreReader, words: readonly string[]): readonly HistoryRow[] {
  if (words.length > 0) return reader.findHistory(parseSelection(words));
  for (const { id } of reader.listBuilds()) {
    const rows = reader.historyOfBuild(id);
    if (rows.length > 0) return rows.toSorted((one, other) => other.endedAtMs - one.endedAtMs);
  }
  return [];
}

function renderHistory(rows: readonly HistoryRow[], options: HistoryOptions): string[] {
  if (options.json === true) return [JSON.stringify(rows, null, 2)];
  if (options.csv === true) return renderHistoryCsv(rows);
  if (rows.length === 0) return ['nothing of it is remembered'];
  const look = findLook(process.stdout, process.env);
  return renderTable(options.stages === true ? [...columns, stagesColumn] : columns, rows, look);
}

const columns: readonly Column<HistoryRow>[] = [
  { title: 'ended', cell: ({ endedAtMs }) => formatDay(endedAtMs) },
  { title: 'package', cell: ({ pkgname }) => pkgname },
  {
    title: 'outcome',
    tone: ({ outcome }) => (outcome === 'failed' ? 'red' : 'plain'),
    cell: ({ outcome, stage }) => (stage === '' ? outcome : `${outcome}: ${stage}`),
  },
  { title: 'wall', align: 'right', cell: ({ wallMs }) => formatDuration(wallMs) },
  { title: 'cpu', align: 'right', cell: ({ cpuMs }) => formatDuration(cpuMs) },
  { title: 'jobs', align: 'right', cell: ({ jobs }) => (jobs === 0 ? '-' : String(jobs)) },
  {
    title: 'disk',
    align: 'right',
    cell: ({ diskBytes }) => (diskBytes === 0 ? '-' : formatBytes(diskBytes)),
  },
  {
    title: 'memory',
    align: 'right',
    cell: ({ memoryBytes }) => (memoryBytes === 0 ? '-' : formatBytes(memoryBytes)),
  },
  { title: 'host', cell: ({ host }) => (host === '' ? '-' : host) },
  { title: 'build', cell: ({ build }) => build },
];

const stagesColumn: Column<HistoryRow> = {
  title: 'stages: wall (cpu)',
  cell: ({ steps }) =>
    steps
      .map(({ step, wallMs, cpuMs }) => `${step} ${formatDuration(wallMs)} (${formatDuration(cpuMs)})`)
      .join(', '),
};

const badLinesShown = 5;

/** `bulkmesh history import`: the times that other tools measured. */
function makeImportCommand(): Command {
  return makeCommand(
    'import',
    "take in what other tools measured: bob's history as CSV, pbulk's pkgtimes",
    'bulkmesh history import history.csv.zst /packages/pkgtimes',
  )
    .description(
      'Reads the CSV of `bob history` (plain or zstd), the CSV of `bulkmesh history --csv`, and the directory ' +
        'pkgtimes that pbulk with chroots keeps in its repository. The next build plans with these times. Not while ' +
        'an agent runs with this config.',
    )
    .argument('<path...>', 'files or directories')
    .action(async (paths: string[], _options: unknown, command: Command) => {
      const config = await openConfig(command);
      for (const { path, taken, bad } of await importTimes(config.paths.state, paths)) {
        writeLines([
          `${escapeLine(path)}: ${formatNumberOf(taken, 'build of a package', 'builds of packages')} taken in`,
        ]);
        const shown = bad.slice(0, badLinesShown);
        writeErrorLines(shown.map(({ line, reason }) => `  line ${line} left out: ${escapeLine(reason)}`));
        if (bad.length > shown.length) writeErrorLines([`  and ${bad.length - shown.length} more lines`]);
      }
    });
}
