import type { Command } from 'commander';
import type { NewSurvey } from '../../agent/build/survey.ts';
import type { Config } from '../../src/config/config.ts';
import { checkPkgPath } from '../../src/pkgsrc/name.ts';
import { recordBytes } from '../../src/pkgsrc/record.ts';
import { resolveRecords } from '../../src/pkgsrc/resolve.ts';
import { exitCodes } from '../failure.ts';
import { watchInterrupts } from '../interrupts.ts';
import { makeCommand, openConfig } from '../options.ts';
import { findLook, hasCursor, writeErrorLines, writeLines } from '../output.ts';
import { writeResult } from '../scans.ts';
import { escapeLine } from '../ui/escape.ts';
import { formatDuration } from '../ui/format.ts';
import { openStatusLine } from '../ui/statusLine.ts';

interface ScanFlags {
  readonly output?: string;
  readonly fresh?: boolean;
}

/** `bulkmesh scan`: what a build would scan and resolve, and nothing else. */
export function makeScanCommand(): Command {
  return makeCommand(
    'scan',
    'scan the tree and resolve it, without building anything',
    [
      'bulkmesh scan                       the packages of the configuration, or the whole tree',
      'bulkmesh scan lang/perl5 -o pscan   these and all that they need, as pbulk-scan writes it',
      'bulkmesh scan -o pscan.zst && bulkmesh resolve pscan.zst > presolve',
    ].join('\n'),
  )
    .description(
      'Asks every package for its records (make pbulk-index) in a sandbox, follows what a limited list needs, resolves ' +
        'all of it and prints counts and failures. What earlier scans gave is taken for every package of which no file ' +
        'has changed since. Runs without an agent, and not beside one.\n\n' +
        'Exit code 0: all is well; 1: packages could not be scanned or resolved; 2: the scan could not be run.',
    )
    .argument('[pkgpath...]', 'packages as category/directory, with what they need')
    .option(
      '-o, --output <file>',
      'write the records there, compressed by its name: .zst, .gz, .bz2; - is standard output',
    )
    .option('--fresh', 'ask make for every package, whatever is known from earlier')
    .action(async (words: string[], flags: ScanFlags, command: Command) => {
      const pkgpaths = words.map(checkPkgPath);
      const config = await openConfig(command);
      process.exitCode = await scan(config, pkgpaths.length === 0 ? config.pkgsrc.pkgpaths : pkgpaths, flags);
    });
}

async function scan(config: Config, pkgpaths: readonly string[], flags: ScanFlags): Promise<number> {
  const { scanAlone } = await import('../../agent/scan.ts');
  const interrupts = watchInterrupts();
  const stop = new AbortController();
  interrupts.listen(() => stop.abort());
  const isTerminal = hasCursor(process.stderr, process.env);
  const line = openStatusLine(process.stderr, isTerminal ? findLook(process.stderr, process.env) : undefined);
  const startedAtMs = Date.now();
  const tell = (text: string): void => {
    line.clear();
    writeErrorLines([escapeLine(text)]);
  };
  try {
    const survey = await scanAlone({
      config,
      pkgpaths,
      useKept: flags.fresh !== true && config.build.scanCache,
      signal: stop.signal,
      onProgress: (done, total, failed) => {
        const lost = failed === 0 ? '' : `, ${failed} failed`;
        if (isTerminal)
          line.show(`${formatDuration(Date.now() - startedAtMs)}  scanned ${done} of ${total}${lost}`);
      },
      onFailure: ({ pkgpath, reason }) => tell(`failed: ${pkgpath}: ${reason}`),
      onWarning: (text) => tell(`warning: ${text}`),
    });
    line.clear();
    if (flags.output !== undefined) await writeResult(flags.output, pieces(survey));
    const { lines, isWell } = summarize(survey, Date.now() - startedAtMs);
    (flags.output === '-' ? writeErrorLines : writeLines)(lines.map(escapeLine));
    return isWell ? exitCodes.ok : exitCodes.unwell;
  } catch (error) {
    line.clear();
    if (!stop.signal.aborted) throw error;
    writeErrorLines(['bulkmesh: stopped; what was scanned so far is known to the next scan']);
    return exitCodes.interrupted;
  } finally {
    interrupts.close();
  }
}

function* pieces({ records }: NewSurvey): Generator<Uint8Array> {
  for (const record of records) yield recordBytes(record);
}

const UNRESOLVED_SHOWN = 20;

function summarize(
  survey: NewSurvey,
  tookMs: number,
): { readonly lines: readonly string[]; readonly isWell: boolean } {
  const { records, failures, makes } = survey;
  const { packages } = resolveRecords(records);
  const count = (kind: string): number => packages.filter(({ state }) => state.kind === kind).length;
  const unresolved = packages.flatMap(({ record, state }) =>
    state.kind === 'unresolved' ? [`unresolved: ${record.pkgname}: ${state.reason}`] : [],
  );
  const paths = new Set(records.map(({ pkgpath }) => pkgpath)).size + failures.length;
  const left = unresolved.length - UNRESOLVED_SHOWN;
  return {
    isWell: failures.length === 0 && unresolved.length === 0,
    lines: [
      ...unresolved.slice(0, UNRESOLVED_SHOWN),
      ...(left > 0 ? [`and ${left} more that cannot be resolved`] : []),
      `${paths} package paths in ${formatDuration(tookMs)}: ${makes} asked, ${Math.max(0, paths - makes)} known, ` +
        `${failures.length} failed`,
      `${packages.length} packages: ${count('buildable')} can be built, ${count('masked')} masked, ` +
        `${unresolved.length} unresolved, ${count('indirect')} behind those`,
    ],
  };
}
