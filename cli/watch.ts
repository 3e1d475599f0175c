import type { ControlClient } from '../agent/control/client.ts';
import type { BuildAccepted, BuildEvent, BuildRequest, BuildSummary } from '../agent/control/protocol.ts';
import { BulkmeshError, messageOf } from '../src/errors.ts';
import type { Interrupts } from './interrupts.ts';
import type { Progress } from './ui/progress.ts';
import type { FailedPackage } from './ui/view.ts';

/** A build from its request to its end, as this command saw it. */
export interface WatchedBuild {
  readonly summary: BuildSummary;
  /** Those that failed while it watched: a resumed build may have others. */
  readonly failed: readonly FailedPackage[];
  /** True: it went on with an earlier build. */
  readonly resumed: boolean;
}

/**
 * Asks the agent for a build and shows it until it ends. The first interrupt lets what runs finish, the
 * second one stops it. Undefined when `leave` aborted: then the build goes on unwatched, if it had been taken.
 * Throws what the agent says against the build, and `AGENT_LOST` when the agent goes away.
 */
export async function watchBuild(
  client: ControlClient,
  request: BuildRequest,
  progress: Progress,
  interrupts: Interrupts,
  leave: AbortSignal,
): Promise<WatchedBuild | undefined> {
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, leave]);
  const events = client.events(signal)[Symbol.asyncIterator]();
  try {
    // The stream stands before the build begins, so that not even its first event is missed.
    progress.show(await takeEvent(events));
    const accepted = await client.build(request);
    progress.notice(describeStart(accepted));
    interrupts.listen((count) => stopBuild(client, count, progress));
    return await followBuild(events, accepted, progress);
  } catch (error) {
    // Leaving cuts the stream of events, which looks like the agent's end.
    if (leave.aborted) return undefined;
    throw error;
  } finally {
    abort.abort();
  }
}

async function followBuild(
  events: AsyncIterator<BuildEvent>,
  { build, resumed }: BuildAccepted,
  progress: Progress,
): Promise<WatchedBuild> {
  const failed: FailedPackage[] = [];
  for (;;) {
    const event = await takeEvent(events);
    progress.show(event);
    if (event.kind === 'ended' && event.outcome.kind === 'failed') {
      failed.push({ pkg: event.pkg, stage: event.outcome.stage, reason: event.outcome.reason });
    }
    if (event.kind === 'finished' && event.summary.build === build) {
      return { summary: event.summary, failed, resumed };
    }
  }
}

async function takeEvent(events: AsyncIterator<BuildEvent>): Promise<BuildEvent> {
  const next = await events.next();
  if (next.done !== true) return next.value;
  throw new BulkmeshError('AGENT_LOST', 'the agent went away before the build ended', {
    hint:
      'start it again with "bulkmesh agent": the same build command then goes on with what is finished. In a mesh the ' +
      'other hosts go on meanwhile: bulkmesh status there tells how',
  });
}

function stopBuild(client: ControlClient, count: number, progress: Progress): void {
  if (count > 2) {
    progress.notice('Already stopping: sandboxes are being cleaned.');
    return;
  }
  progress.notice(
    count === 1
      ? 'Stopping: what runs may finish, nothing new starts. Ctrl-C again stops at once.'
      : 'Stopping now: what runs is killed and cleaned up.',
  );
  client.stop(count === 1 ? 'drain' : 'now').catch((error: unknown) => {
    progress.notice(`The agent did not take the stop: ${messageOf(error)}`);
  });
}

function describeStart(accepted: BuildAccepted): string {
  return accepted.resumed
    ? `Going on with build ${accepted.build} (--fresh would start a new one).`
    : `Build ${accepted.build} begins.`;
}
