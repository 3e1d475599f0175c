import { type Command, InvalidArgumentError } from 'commander';
import type { BuildRecord } from '../../src/store/builds.ts';
import { openReader } from '../../src/store/reader.ts';
import { makeCommand, openConfig } from '../options.ts';
import { findLook, writeLines } from '../output.ts';
import { formatCount, formatDay, formatDuration } from '../ui/format.ts';
import { type Column, renderTable } from '../ui/table.ts';

/** `bulkmesh builds`: the builds that are remembered. */
export function makeBuildsCommand(): Command {
  return makeCommand(
    'builds',
    'list the builds that are remembered, the newest first',
    'bulkmesh builds\nbulkmesh builds -n 100 --json',
  )
    .description(
      'Lists builds with how they ended, how long they took and what became of their packages. Works with and ' +
        'without an agent.',
    )
    .option('-n, --number <n>', 'at most so many', parseNumber, 20)
    .option('--json', 'as JSON')
    .action(async (options: { readonly number: number; readonly json?: boolean }, command: Command) => {
      const config = await openConfig(command);
      const reader = openReader(config.paths.state);
      try {
        const builds = reader.listBuilds().slice(0, options.number);
        if (options.json === true) return writeLines([JSON.stringify(builds, null, 2)]);
        const look = findLook(process.stdout, process.env);
        writeLines(builds.length === 0 ? ['no build yet'] : renderTable(columns, builds, look));
      } finally {
        reader.close();
      }
    });
}

/** A count of lines from the command line. */
export function parseNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 1_000_000) return number;
  throw new InvalidArgumentError('give a whole number, 1 or more');
}

/** How a build stands, in one word. */
const nameEnding = ({ ending, endedAtMs }: BuildRecord): string =>
  endedAtMs === undefined ? 'open' : (ending ?? 'open');

const countColumn = (title: 'built' | 'kept' | 'failed' | 'blocked' | 'masked'): Column<BuildRecord> => ({
  title,
  align: 'right',
  tone: ({ figures }) => (title === 'failed' && (figures?.failed ?? 0) > 0 ? 'red' : 'plain'),
  cell: ({ figures }) => (figures === undefined ? '-' : formatCount(figures[title])),
});

const columns: readonly Column<BuildRecord>[] = [
  { title: 'build', cell: ({ id }) => id },
  { title: 'started', cell: ({ startedAtMs }) => formatDay(startedAtMs) },
  {
    title: 'took',
    align: 'right',
    cell: ({ startedAtMs, endedAtMs }) =>
      endedAtMs === undefined ? '-' : formatDuration(endedAtMs - startedAtMs),
  },
  { title: 'ended', cell: nameEnding, tone: ({ ending }) => (ending === 'failed' ? 'red' : 'plain') },
  countColumn('built'),
  countColumn('kept'),
  countColumn('failed'),
  countColumn('blocked'),
  countColumn('masked'),
  { title: 'tree', cell: ({ revision }) => revision ?? '-' },
];
