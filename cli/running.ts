import { readdir, stat } from 'node:fs/promises';
import { globalAgent } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Snapshot } from '../agent/control/protocol.ts';
import type { Config } from '../src/config/config.ts';
import type { Report } from './report.ts';
import { openAgent } from './session.ts';

/** A build that the agent of this host is at: files that are older than it are of an earlier one. */
export interface RunningBuild {
  readonly build: string;
  /** Unix milliseconds; of a build that went on, when it first began. */
  readonly startedAtMs: number;
}

/** An agent that has not answered by then (stopped, or its host is out of memory) does not hold up a log. */
const answerMsMax = 2000;

/**
 * The build that goes on; undefined when there is none, or no agent that this user may ask and that answers within
 * two seconds. Never rejects.
 */
export async function findRunningBuild(config: Config): Promise<RunningBuild | undefined> {
  return askInTime(askRunningBuild(config));
}

/** What an agent answers; undefined when it does not in time. No other question to it may be under way. */
export async function askInTime<T>(answer: Promise<T>, msMax = answerMsMax): Promise<T | undefined> {
  const answered = new AbortController();
  const late = setTimeout(msMax, undefined, { signal: answered.signal }).catch(() => undefined);
  const found = await Promise.race([answer, late]);
  answered.abort();
  // A question that was given up would keep the process from ending.
  globalAgent.destroy();
  return found;
}

async function askRunningBuild(config: Config): Promise<RunningBuild | undefined> {
  try {
    const client = await openAgent(config);
    return readRunningBuild((await client.status()).snapshot);
  } catch {
    // Files can be shown without an agent, and whatever is wrong with it.
    return undefined;
  }
}

/** True when the build has written a log into this directory. */
export async function hasLogsOf({ startedAtMs }: RunningBuild, dir: string): Promise<boolean> {
  // A builder empties the directory before it begins: one new log means that all are.
  const files = await readdir(dir).catch(() => []);
  for (const file of files) {
    if (!file.endsWith('.log')) continue;
    const atMs = await stat(join(dir, file)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    if (atMs >= startedAtMs) return true;
  }
  return false;
}

/** Of what time an answer is that the running build has not given. */
export function describeAge({ build }: RunningBuild, report: Report | undefined): string {
  if (report === undefined) return `build ${build} is going on, and has no log of this yet`;
  return report.build === build
    ? `build ${build} is going on, and this is how it stood when it was last stopped`
    : `build ${build} is going on, and this is of the last build that ended`;
}

function readRunningBuild({ phase, build, startedAtMs }: Snapshot): RunningBuild | undefined {
  if (phase === 'idle' || build === undefined || startedAtMs === undefined) return undefined;
  return { build, startedAtMs };
}
