import type { Command } from 'commander';
import { isRebuild } from '../../agent/build/rebuilds.ts';
import { compareBuilds, type Difference } from '../../agent/history/compareBuilds.ts';
import { buildId } from '../../src/core/ids.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { BuildRecord } from '../../src/store/builds.ts';
import type { PackageOutcomeRow } from '../../src/store/outcomes.ts';
import { openReader, type StoreReader } from '../../src/store/reader.ts';
import { exitCodes } from '../failure.ts';
import { makeCommand, openConfig } from '../options.ts';
import { findLook, writeLines } from '../output.ts';
import { formatDay, formatNumberOf } from '../ui/format.ts';
import { type Column, renderTable } from '../ui/table.ts';
import type { Tone } from '../ui/text.ts';

interface DiffOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `bulkmesh diff`: what a build changed. */
export function makeDiffCommand(): Command {
  return makeCommand(
    'diff',
    'compare two builds: new failures, fixes, other versions',
    'bulkmesh diff                    the last build with the one before\nbulkmesh diff 20261121T0400      that one with the last',
  )
    .description(
      'Compares builds package by package: + new failures, - fixed, ~ fails in another way. Without names the ' +
        'latest that ran to its end with the one before that was asked for the same; a name may be shortened.\n\n' +
        'Exit codes: 0 no new failure; 1 there are some; 2 usage or trouble.',
    )
    .argument('[old]', 'the earlier build (default: the one before)')
    .argument('[new]', 'the later build (default: the last that ran to its end)')
    .option('--all', 'also new versions, and packages that came or went')
    .option('--json', 'as JSON')
    .action(
      async (old: string | undefined, late: string | undefined, options: DiffOptions, command: Command) => {
        const config = await openConfig(command);
        const reader = openReader(config.paths.state);
        try {
          process.exitCode = showDifferences(reader, old, late, options);
        } finally {
          reader.close();
        }
      },
    );
}

function showDifferences(
  reader: StoreReader,
  old: string | undefined,
  late: string | undefined,
  options: DiffOptions,
): number {
  const [before, after] = chooseBuilds(reader, old, late);
  const differences = compareBuilds(loadOutcomes(reader, before), loadOutcomes(reader, after));
  const broken = differences.filter(({ kind }) => kind === 'broken').length;
  const shown = differences.filter((difference) => options.all === true || isTelling(difference));
  if (options.json === true) {
    writeLines([JSON.stringify({ before: before.id, after: after.id, differences: shown }, null, 2)]);
  } else {
    const fixed = differences.filter(({ kind }) => kind === 'fixed').length;
    writeLines([
      `from ${before.id} (${formatDay(before.startedAtMs)}) to ${after.id} (${formatDay(after.startedAtMs)})`,
      `${formatNumberOf(broken, 'new failure')}, ${fixed} fixed`,
      ...(shown.length === 0
        ? []
        : ['', ...renderTable(columns, shown.toSorted(compareKinds), findLook(process.stdout, process.env))]),
    ]);
  }
  return broken === 0 ? exitCodes.ok : exitCodes.unwell;
}

/** A package that cannot be built because of another one's failure says nothing of its own. */
function isTelling({ kind, before, after }: Difference): boolean {
  if (kind === 'broken') return true;
  if (kind === 'fixed') return true;
  return kind === 'changed' && (before?.status === 'failed' || after?.status === 'failed');
}

function chooseBuilds(
  reader: StoreReader,
  old: string | undefined,
  late: string | undefined,
): readonly [BuildRecord, BuildRecord] {
  const complete = reader.listBuilds().filter((build) => build.ending === 'complete' && !isRebuild(build));
  const after = late === undefined ? complete[0] : findBuild(reader, late);
  const before = old === undefined ? findEarlier(complete, after) : findBuild(reader, old);
  if (after !== undefined && before !== undefined) return [before, after];
  throw new BulkmeshError('DIFF_TOO_FEW', 'there are no two builds that ran to their end', {
    hint: 'bulkmesh builds lists those there are; name two of them.',
  });
}

/** The one before that was asked for the same, if there is one: a build of few packages says little of a tree's. */
function findEarlier(
  complete: readonly BuildRecord[],
  after: BuildRecord | undefined,
): BuildRecord | undefined {
  const earlier = complete.slice(complete.findIndex(({ id }) => id === after?.id) + 1);
  const request = after?.pkgpaths.join(' ');
  return earlier.find(({ pkgpaths }) => pkgpaths.join(' ') === request) ?? earlier[0];
}

function findBuild(reader: StoreReader, text: string): BuildRecord {
  const exact = reader.findBuild(buildId(text));
  const found = exact === undefined ? reader.listBuilds().filter(({ id }) => id.startsWith(text)) : [exact];
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  const what =
    first === undefined ? 'no build' : `${found.length} builds, ${found.map(({ id }) => id).join(', ')}`;
  throw new BulkmeshError('BUILD_UNKNOWN', `${JSON.stringify(text)} means ${what}`, {
    hint: 'bulkmesh builds lists them.',
  });
}

function loadOutcomes(reader: StoreReader, build: BuildRecord): readonly PackageOutcomeRow[] {
  const rows = reader.outcomesOf(build.id);
  if (rows !== undefined) return rows;
  throw new BulkmeshError('BUILD_NO_OUTCOMES', `of the build ${build.id} no outcomes are kept`, {
    hint: 'It ended before its report; bulkmesh builds shows which builds have counts.',
  });
}

const order = ['broken', 'fixed', 'changed', 'added', 'removed'] as const;
const compareKinds = (one: Difference, other: Difference): number =>
  order.indexOf(one.kind) - order.indexOf(other.kind) || (nameOf(one) < nameOf(other) ? -1 : 1);

const nameOf = ({ before, after }: Difference): string => (after ?? before)?.pkgname ?? '';

const marks: Readonly<Record<Difference['kind'], { readonly mark: string; readonly tone: Tone }>> = {
  broken: { mark: '+', tone: 'red' },
  fixed: { mark: '-', tone: 'green' },
  changed: { mark: '~', tone: 'yellow' },
  added: { mark: 'new', tone: 'plain' },
  removed: { mark: 'gone', tone: 'dim' },
};

const describe = (row: PackageOutcomeRow | undefined): string =>
  row === undefined ? '-' : row.stage === '' ? row.status : `${row.status}: ${row.stage}`;

const columns: readonly Column<Difference>[] = [
  { title: '', tone: ({ kind }) => marks[kind].tone, cell: ({ kind }) => marks[kind].mark },
  {
    title: 'package',
    cell: (difference) => {
      const { before, after } = difference;
      const isOther = before !== undefined && after !== undefined && before.pkgname !== after.pkgname;
      return isOther ? `${before.pkgname} -> ${after.pkgname}` : nameOf(difference);
    },
  },
  { title: 'before', cell: ({ before }) => describe(before) },
  { title: 'now', cell: ({ after }) => describe(after) },
  { title: 'reason', cell: ({ after }) => after?.reason ?? '' },
];
