import type { Command } from 'commander';
import { listMismatches } from '../../src/pkgsrc/mismatch.ts';
import type { Resolution } from '../../src/pkgsrc/package.ts';
import { presolvePieces } from '../../src/pkgsrc/presolve.ts';
import { resolveRecords } from '../../src/pkgsrc/resolve.ts';
import { exitCodes } from '../failure.ts';
import { makePlainCommand } from '../options.ts';
import { writeErrorLines } from '../output.ts';
import { type JoinedScan, readScans, writeResult } from '../scans.ts';
import { escapeLine } from '../ui/escape.ts';

interface ResolveOptions {
  readonly output?: string;
  readonly verbose?: boolean;
}

/** Lines of one kind of trouble, and characters of a line, that are shown without `-v`. */
const LINES_MAX = 20;
const LINE_LENGTH_MAX = 300;

/** `bulkmesh resolve`: pbulk-resolve, alone. */
export function makeResolveCommand(): Command {
  return makePlainCommand(
    'resolve',
    'resolve the dependencies of a scan, as pbulk-resolve does',
    [
      'bulkmesh resolve meta/pscan > meta/presolve',
      'bulkmesh resolve -o presolve.zst pscan.bz2 more.pscan',
      'zstdcat pscan.zst | bulkmesh resolve -v > presolve',
    ].join('\n'),
  )
    .description(
      'Reads scans (the output of make pbulk-index with PKG_LOCATION; a presolve will do), each plain or compressed with ' +
        'zstd, gzip or bzip2, and writes them with a DEPENDS line for each package, as pbulk-build and other tools read ' +
        'them. A package whose dependencies cannot be resolved, or that is on a cycle, gets the reason as its ' +
        'PKG_FAIL_REASON and no DEPENDS; no other package suffers. Needs no configuration, agent or root.\n\n' +
        'Exit code 0: all resolved; 1: some packages are not, or records could not be read; 2: bad input.',
    )
    .argument('[file...]', 'scans, taken together; - or none is standard input')
    .option(
      '-o, --output <file>',
      'write there, compressed by its name: .zst, .gz, .bz2 (default: standard output)',
    )
    .option(
      '-v, --verbose',
      'tell all warnings, and which packages are taken from elsewhere than the word says',
    )
    .action(async (files: string[], options: ResolveOptions) => {
      const scan = await readScans(files);
      const resolution = resolveRecords(scan.records);
      await writeResult(options.output, presolvePieces(resolution));
      const isWell = tellTrouble(scan, resolution, options.verbose === true);
      process.exitCode = isWell ? exitCodes.ok : exitCodes.unwell;
    });
}

/** Says on standard error what is wrong with which package, and counts; true when nothing is. */
function tellTrouble(scan: JoinedScan, resolution: Resolution, verbose: boolean): boolean {
  const { malformed, duplicates } = scan;
  const tell = (lines: readonly string[], what: string): void => {
    const shown = verbose ? lines : lines.slice(0, LINES_MAX);
    const left = lines.length - shown.length;
    const cut = (line: string): string =>
      verbose || line.length <= LINE_LENGTH_MAX ? line : `${line.slice(0, LINE_LENGTH_MAX)}...`;
    writeErrorLines(shown.map((line) => `bulkmesh: ${escapeLine(cut(line))}`));
    if (left > 0) writeErrorLines([`bulkmesh: and ${left} more ${what}; -v tells them all`]);
  };
  tell(
    malformed.map(
      ({ where, line, pkgname, reason }) => `${where}:${line}: ${pkgname || 'record'}: ${reason}`,
    ),
    'records that cannot be read',
  );
  tell(
    duplicates.map(({ dropped, kept }) => {
      const place = dropped.pkgpath === kept.pkgpath ? 'the same' : kept.pkgpath;
      return `${dropped.pkgname} of ${dropped.pkgpath} left out: the first is of ${place}`;
    }),
    'records of names that came before',
  );
  if (verbose) {
    tell(
      listMismatches(resolution).map(
        ({ record, word, chosen, wanted }) =>
          `${record.pkgname}: taken for ${word.slice(0, word.indexOf(':'))}: ${chosen.pkgname} of ` +
          `${chosen.pkgpath}, not of ${wanted}`,
      ),
      'matches from elsewhere',
    );
  }
  const unresolved = resolution.packages.flatMap(({ record, state }) =>
    state.kind === 'unresolved' ? [`${record.pkgname}: ${state.reason}`] : [],
  );
  tell(unresolved, 'packages that cannot be resolved');
  writeErrorLines([`bulkmesh: ${countPackages(scan, resolution)}`]);
  return unresolved.length === 0 && malformed.length === 0;
}

function countPackages({ malformed, duplicates }: JoinedScan, { packages }: Resolution): string {
  const counts = new Map<string, number>();
  let edges = 0;
  for (const { state, depends } of packages) {
    const word =
      state.kind === 'masked' ? (state.by === 'skip' ? 'skipped' : 'failed') : stateWords[state.kind];
    counts.set(word, (counts.get(word) ?? 0) + 1);
    edges += depends.length;
  }
  const parts = ['buildable', 'skipped', 'failed', 'unresolved', 'blocked by those'].flatMap((word) => {
    const count = counts.get(word);
    return count === undefined ? [] : [`${count} ${word}`];
  });
  const lost = [
    ...(malformed.length > 0 ? [`${malformed.length} records cannot be read`] : []),
    ...(duplicates.length > 0 ? [`${duplicates.length} duplicates left out`] : []),
  ];
  return [`${packages.length} packages: ${parts.join(', ')}`, `${edges} dependencies`, ...lost].join('; ');
}

const stateWords = {
  buildable: 'buildable',
  unresolved: 'unresolved',
  indirect: 'blocked by those',
} as const;
