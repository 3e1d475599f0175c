import { join } from 'node:path';
import { describeEntry, visitorShell } from '../../../agent/enter.ts';
import { type OpenedKept, openKept } from '../../../agent/sandboxes/openKept.ts';
import type { Room } from '../../../agent/sandboxes/room.ts';
import type { Config } from '../../../src/config/config.ts';
import { runForUser } from '../../child.ts';
import { exitCodes } from '../../failure.ts';
import { writeErrorLines } from '../../output.ts';
import { escapeLine } from '../../ui/escape.ts';
import type { EnterOptions } from './enter.ts';

/** Opens the kept sandbox of a package, runs a program in it, and closes it again. Returns the program's exit code. */
export async function enterKept(
  config: Config,
  room: Room,
  argv: readonly string[],
  { root: isRoot = false }: EnterOptions,
): Promise<number> {
  // A Ctrl-C is for what runs inside; who is told to end, or loses the terminal, still takes the mounts away.
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  const opened = await openKept(config, room.slot);
  const close = (): void => {
    opened.close().catch(() => undefined);
  };
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, close);
  try {
    if (argv.length === 0) writeErrorLines(tellKept(opened, isRoot));
    return await runInside(opened, argv, isRoot);
  } finally {
    await opened.close();
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.removeListener(signal, close);
    process.removeListener('SIGINT', ignore);
  }
}

async function runInside(
  { slot, pid, record }: OpenedKept,
  argv: readonly string[],
  isRoot: boolean,
): Promise<number> {
  const user = isRoot ? undefined : record.user;
  const [program, ...args] = describeEntry(
    { slot, state: 'open', pid },
    {
      argv: argv.length > 0 ? argv : visitorShell,
      user,
      places: [join(record.workDir, 'work*'), record.cwd],
    },
  );
  if (program === undefined) return exitCodes.trouble;
  const own = user === undefined ? { HOME: '/root', USER: 'root', LOGNAME: 'root' } : {};
  return runForUser([program, ...args], {
    isForeign: true,
    env: {
      ...record.env,
      ...own,
      TERM: process.env.TERM ?? 'dumb',
      PS1: `${record.pkg}${user === undefined ? '#' : '$'} `,
    },
  });
}

/** What a person wants to know who comes to look. */
function tellKept({ record, isJoined, missing }: OpenedKept, isRoot: boolean): readonly string[] {
  const { pkg, stage, reason, again, cwd, logDir, user, untilMs } = record;
  const who = isRoot || user === undefined ? 'root' : user.name;
  return [
    `In the sandbox of ${pkg}, as ${who}; "exit" leaves it, and its files stay.`,
    `  failed in  ${stage}: ${reason}`,
    `  log        ${join(logDir, `${stage}.log`)}`,
    `  go on      cd ${cwd} && ${again.join(' ')}`,
    `  kept       until ${new Date(untilMs).toLocaleString('sv')}`,
    ...missing.map(
      (dir) => `  ${dir} is as in a new sandbox: the layers of dependencies that lay below it are gone`,
    ),
    ...(isJoined ? ['  Somebody else has opened it: it closes when they leave.'] : []),
  ].map(escapeLine);
}
