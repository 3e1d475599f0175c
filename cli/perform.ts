import type { BuildRequest, BuildSummary } from '../agent/control/protocol.ts';
import type { Config } from '../src/config/config.ts';
import { BulkmeshError } from '../src/errors.ts';
import { exitCodes } from './failure.ts';
import { type Interrupts, watchInterrupts } from './interrupts.ts';
import { findLook, hasCursor, writeLines } from './output.ts';
import { readReport } from './report.ts';
import { openSession, type Session } from './session.ts';
import type { BuildArguments } from './ui/again.ts';
import { openBoard, openPlainLines, type Progress } from './ui/progress.ts';
import { renderSummary } from './ui/summary.ts';
import { watchBuild } from './watch.ts';

/** A build that a command asks for. */
export interface WantedBuild {
  readonly request: BuildRequest;
  readonly asked: BuildArguments;
  /** False: a line per event, also on a terminal. */
  readonly progress: boolean;
}

/**
 * Has a build done by the agent of this host, or by one of its own, shows it to its end and says what it came to. Returns the exit
 * code. Throws what the agent says against it, and what made the build as a whole fail.
 */
export async function performBuild(config: Config, wanted: WantedBuild): Promise<number> {
  const interrupts = watchInterrupts();
  try {
    const session = await openSession(config);
    try {
      if (interrupts.count > 0) return exitCodes.interrupted;
      const leave = new AbortController();
      // An agent of its own process goes on without a terminal: only the watching ends with it.
      if (!session.embedded) interrupts.takeHangups(() => leave.abort());
      return await runBuild(session, config, wanted, interrupts, leave.signal);
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
  { request, asked, progress: isBoardWanted }: WantedBuild,
  interrupts: Interrupts,
  leave: AbortSignal,
): Promise<number> {
  const progress = openProgress(isBoardWanted);
  try {
    await tellSetting(session, progress);
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

function openProgress(isBoardWanted: boolean): Progress {
  const look = findLook(process.stdout, process.env);
  return isBoardWanted && hasCursor(process.stdout, process.env)
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
