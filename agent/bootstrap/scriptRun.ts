import { type FileHandle, open } from 'node:fs/promises';
import { BulkmeshError } from '../../src/errors.ts';
import { findReason } from '../../src/pkgsrc/makeoutput.ts';
import type { Command, CommandResult, Sandbox } from '../../src/sandbox/driver.ts';
import { echoTest, echoUnfit, otherShells } from './script.ts';
import { followSteps } from './steps.ts';

/** The environment of the script, before the user's own. */
export function baseEnv(workDir: string): Record<string, string> {
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: workDir,
    USER: 'root',
    LOGNAME: 'root',
    SHELL: '/bin/sh',
    TERM: 'dumb',
    LC_ALL: 'C',
    TZ: 'UTC',
  };
}

/** SH, where the script would refuse /bin/sh and there is a shell that it takes. */
export async function chooseShell(sandbox: Sandbox, signal: AbortSignal): Promise<Record<string, string>> {
  for (const shell of ['/bin/sh', ...otherShells]) {
    const result = await sandbox.run({
      ...quiet(signal),
      argv: ['/bin/sh', '-c', '[ -x "$1" ] && exec "$@"', 'sh', shell, ...echoTest],
    });
    const isFit = result.kind === 'exited' && result.code === 0 && result.stdout.trim() !== echoUnfit;
    if (isFit) return shell === '/bin/sh' ? {} : { SH: shell };
  }
  return {};
}

const quiet = (signal: AbortSignal): Omit<Command, 'argv'> => ({
  env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  cwd: '/',
  user: undefined,
  network: false,
  output: { kind: 'capture', maxBytes: 4096 },
  signal,
});

export interface ScriptRun {
  readonly sandbox: Sandbox;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly log: FileHandle;
  readonly logFile: string;
  readonly signal: AbortSignal;
  /** A step of the script, as it says it. */
  readonly onStep: (text: string) => void;
}

/** Runs the script to its end. Throws BOOTSTRAP_FAILED, also after an abort. */
export async function runScript(run: ScriptRun): Promise<void> {
  const { sandbox, argv, env, cwd, log, logFile, signal, onStep } = run;
  const steps = followSteps(logFile, onStep);
  let result: CommandResult;
  try {
    const output = { kind: 'log', fd: log.fd } as const;
    result = await sandbox.run({ ...quiet(signal), argv, env, cwd, output });
  } finally {
    await steps.end();
  }
  if (result.kind === 'exited' && result.code === 0) return;
  throw new BulkmeshError('BOOTSTRAP_FAILED', `bootstrap failed: ${await describeEnd(result, logFile)}`, {
    hint:
      `its log: ${logFile}. An old tree may want settings for a new compiler, such as ` +
      '--env CFLAGS="-O2 -fcommon -std=gnu89"',
  });
}

async function describeEnd(result: CommandResult, logFile: string): Promise<string> {
  switch (result.kind) {
    case 'exited':
      return findReason(await readEnd(logFile)) ?? `exit code ${result.code}`;
    case 'signalled':
      return `killed by ${result.signal}`;
    case 'aborted':
      return 'stopped';
    case 'trouble':
      return result.detail;
  }
}

async function readEnd(file: string): Promise<string> {
  await using log = await open(file, 'r');
  const { size } = await log.stat();
  const buffer = Buffer.alloc(Math.min(size, 8192));
  await log.read(buffer, 0, buffer.length, size - buffer.length);
  return buffer.toString('utf8');
}
