import type { Command } from 'commander';
import type { BuildSummary } from '../../agent/control/protocol.ts';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { checkPkgPath } from '../../src/pkgsrc/name.ts';
import { exitCodes } from '../failure.ts';
import { type Interrupts, watchInterrupts } from '../interrupts.ts';
import { makeCommand, openConfig, readConfigWords } from '../options.ts';
import { findLook, hasCursor, writeLines } from '../output.ts';
import { readReport } from '../report.ts';
import { openSession, type Session } from '../session.ts';
import type { BuildArguments } from '../ui/again.ts';
import { openBoard, openPlainLines, type Progress } from '../ui/progress.ts';
import { renderSummary } from '../ui/summary.ts';
import { watchBuild } from '../watch.ts';

interface BuildOptions {
  readonly fresh?: boolean;
  readonly progress: boolean;
}

/** `bulkmesh build`: builds packages through the agent of this host, or through one of its own. */
export function makeBuildCommand(): Command {
  return makeCommand(
    'build',
    'build packages: those named, or what the configuration says',
    [
      'bulkmesh build                          what the configuration says, or the whole tree',
      'bulkmesh build lang/perl5 editors/vim   these and all that they need',
      'bulkmesh build --fresh                  from the start, though a stopped build could go on',
    ].join('\n'),
  )
    .description(
      'Scans, resolves, builds and reports. Uses the agent of this host; without one, runs an agent of its own ' +
        'until the build ends. A stopped build goes on where it was, and does not try again what failed before ' +
        'it was stopped: --fresh does. The first Ctrl-C lets what runs finish, the ' +
        'second one stops at once.\n\n' +
        'Exit codes: 0 all built; 1 packages failed; 2 usage, configuration or host trouble, or the ' +
        'build was stopped elsewhere; 130 interrupted.',
    )
    .argument('[pkgpath...]', 'package paths, category/directory')
    .option('--fresh', 'start a new build even if the last one could go on')
    .option('--no-progress', 'a line per event instead of the board, as where there is no terminal')
    .action(async (words: string[], options: BuildOptions, command: Command) => {
      const pkgpaths = words.map(readPkgPath);
      const config = await openConfig(command);
      process.exitCode = await buildPackages(config, { config: readConfigWords(command), pkgpaths }, options);
    });
}

/** A PKGPATH as typed, perhaps with the slash that a shell completes. Throws `PKGPATH_INVALID`. */
function readPkgPath(word: string): string {
  const path = word.replace(/\/+$/, '');
  return checkPkgPath(path === '' ? word : path);
}

async function buildPackages(config: Config, asked: BuildArguments, options: BuildOptions): Promise<number> {
  const interrupts = watchInterrupts();
  try {
    const session = await openSession(config);
    try {
      if (interrupts.count > 0) return exitCodes.interrupted;
      const leave = new AbortController();
      // An agent of its own process goes on without a terminal: only the watching ends with it.
      if (!session.embedded) interrupts.takeHangups(() => leave.abort());
      return await runBuild(session, config, asked, options, interrupts, leave.signal);
    } finally {
      // What still runs here was abandoned with an error: a build that ended has nothing left to kill.
      await session.close('now');
    }
  } finally {
    interrupts.close();
  }
}

async function runBuild(
  session: Session,
  config: Config,
  asked: BuildArguments,
  options: BuildOptions,
  interrupts: Interrupts,
  leave: AbortSignal,
): Promise<number> {
  const progress = openProgress(options);
  try {
    await tellSetting(session, progress);
    const request = { pkgpaths: asked.pkgpaths, fresh: options.fresh === true };
    const watched = await watchBuild(session.client, request, progress, interrupts, leave);
    progress.close();
    if (watched === undefined) return exitCodes.interrupted;
    const { summary, failed, resumed } = watched;
    if (summary.error !== undefined) throw describeError(summary.error);
    // The summary stands without the report: an agent of another version may have written it.
    const report = await readReport(config).catch(() => undefined);
    const mine = report?.build === summary.build ? report : undefined;
    const look = findLook(process.stdout, process.env);
    writeLines(renderSummary({ summary, failures: mine?.failed ?? failed, resumed, asked }, look));
    return judgeBuild(summary, interrupts.count > 0);
  } finally {
    progress.close();
  }
}

function openProgress(options: BuildOptions): Progress {
  const look = findLook(process.stdout, process.env);
  return options.progress && hasCursor(process.stdout, process.env)
    ? openBoard(process.stdout, look)
    : openPlainLines(process.stdout);
}

async function tellSetting(session: Session, progress: Progress): Promise<void> {
  if (session.embedded) {
    progress.notice('No agent runs on this host: this command runs one itself until the build ends.');
  }
  const { warnings } = await session.client.status();
  for (const text of warnings) progress.show({ kind: 'warning', text });
}

function describeError(error: NonNullable<BuildSummary['error']>): BulkmeshError {
  return new BulkmeshError(error.code, error.message, { hint: error.hint });
}

function judgeBuild(summary: BuildSummary, interrupted: boolean): number {
  if (summary.ending === 'stopped') {
    if (interrupted) return exitCodes.interrupted;
    throw new BulkmeshError(
      'BUILD_STOPPED_ELSEWHERE',
      'the build was stopped elsewhere, not by this command',
      {
        hint: 'its agent was ended, or somebody else stopped it; the next build goes on with it',
      },
    );
  }
  const { counts, scanFailures, unresolved } = summary;
  const unwell = counts.failed + counts.blocked + scanFailures + unresolved;
  const well = summary.ending === 'complete' && unwell === 0;
  return well ? exitCodes.ok : exitCodes.unwell;
}
