import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { slotName } from '../../src/core/ids.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { findReason } from '../../src/pkgsrc/makeoutput.ts';
import type {
  Command,
  CommandResult,
  Sandbox,
  SandboxDriver,
  SandboxSpec,
} from '../../src/sandbox/driver.ts';
import { isWithin, outermost } from '../../src/sandbox/names.ts';
import { chooseDriver } from '../../src/sandbox/select.ts';
import { takeStateDir } from '../../src/store/open.ts';
import { type KitContents, saveKit } from './kitFile.ts';
import { type BootstrapScript, echoTest, echoUnfit, findScript, otherShells } from './script.ts';
import { followSteps } from './steps.ts';

export interface BootstrapRequest {
  readonly config: Config;
  /** The kit to make, absolute. */
  readonly kit: string;
  /** Replace a kit that is there. */
  readonly force: boolean;
  readonly mkFragment: string | undefined;
  readonly abi: string | undefined;
  /** Further environment of the script: CFLAGS, SH ... */
  readonly env: Readonly<Record<string, string>>;
  /** Further words for the script. */
  readonly words: readonly string[];
  readonly signal: AbortSignal;
  /** A step of the script, as it says it. */
  readonly onStep: (text: string) => void;
  readonly onWarning: (text: string) => void;
}

export interface KitMade extends KitContents {
  readonly logFile: string;
}

/** The script's output. */
export const bootstrapLog = (config: Config): string => join(config.paths.bulklog, 'bootstrap.log');

/**
 * Makes a bootstrap kit with the tree's own script, in a sandbox of its own without network: the prefix of this host
 * is neither seen nor touched. The kit has its name when it is whole. Throws `BulkmeshError`, BOOTSTRAP_STOPPED after
 * an abort; then nothing is left but the log.
 */
export async function makeKit(request: BootstrapRequest): Promise<KitMade> {
  const { config, kit, force } = request;
  if (existsSync(kit) && !force) {
    throw new BulkmeshError('KIT_EXISTS', `there is a bootstrap kit already: ${kit}`, {
      hint: 'packages were built with it; --force makes a new one in its place',
    });
  }
  const script = await findScript(config.paths.pkgsrc);
  const lock = takeAlone(config);
  try {
    const { paths, sandbox } = config;
    for (const dir of [paths.bulklog, paths.distfiles]) await mkdir(dir, { recursive: true });
    const { driver, warnings } = await chooseDriver({ ...sandbox, stateDir: paths.state });
    for (const warning of warnings) request.onWarning(warning);
    await driver.sweep();
    return await runInside(request, script, driver);
  } finally {
    lock.release();
  }
}

/** Sandboxes are the agent's, and so is their directory: whoever makes one must be the only one there. */
function takeAlone({ paths }: Config): { release(): void } {
  try {
    return takeStateDir(paths.state);
  } catch (error) {
    if (!(error instanceof BulkmeshError) || error.code !== 'AGENT_ALREADY_RUNNING') throw error;
    throw new BulkmeshError(
      'AGENT_IN_THE_WAY',
      `a kit is made without the agent of this host: ${error.message}`,
      {
        hint: 'stop that agent (Ctrl-C, or kill its pid), and start it again with the new kit',
        cause: error,
      },
    );
  }
}

async function runInside(
  request: BootstrapRequest,
  script: BootstrapScript,
  driver: SandboxDriver,
): Promise<KitMade> {
  const { config, signal } = request;
  const logFile = bootstrapLog(config);
  await using log = await open(logFile, 'w', 0o644);
  throwIfStopped(signal);
  const workDir = driver.kind === 'none' ? join(config.paths.state, 'work') : '/work';
  const sandbox = await driver.prepare(slotName('bootstrap-1'), describeSandbox(request, workDir));
  try {
    const kit = join(workDir, 'kit.tar.gz');
    const argv = script.argv({
      prefix: config.pkgsrc.prefix,
      pkgDbdir: wantedDbdir(config, driver.kind),
      kit,
      workDir: join(workDir, 'bootstrap'),
      mkFragment: request.mkFragment,
      abi: request.abi,
      jobs: config.build.cores,
      isRoot: driver.kind === 'linux' || process.getuid?.() === 0,
      words: request.words,
    });
    const env = { ...(await chooseShell(sandbox, request)), ...baseEnv(workDir), ...config.pkgsrc.variables };
    await runScript({
      request,
      sandbox,
      argv,
      env: { ...env, ...request.env },
      cwd: dirname(script.path),
      log,
      logFile,
    });
    const { prefix } = config.pkgsrc;
    return { ...(await saveKit({ sandbox, from: kit, to: request.kit, prefix, log, signal })), logFile };
  } catch (error) {
    throwIfStopped(signal);
    throw error;
  } finally {
    await sandbox.destroy();
  }
}

/** Without isolation the database must lie where this build may write, wherever the script would put it. */
function wantedDbdir({ pkgsrc }: Config, driver: SandboxDriver['kind']): string | undefined {
  const isUsual = pkgsrc.pkgDbdir === join(pkgsrc.prefix, 'pkgdb');
  return isUsual && driver !== 'none' ? undefined : pkgsrc.pkgDbdir;
}

function describeSandbox({ config, mkFragment }: BootstrapRequest, workDir: string): SandboxSpec {
  const { paths, pkgsrc, sandbox } = config;
  const readable = [...sandbox.roDirs, paths.distfiles];
  const isShown =
    mkFragment === undefined || [...readable, paths.pkgsrc].some((dir) => isWithin(mkFragment, dir));
  const dirs = isShown ? readable : [...readable, dirname(mkFragment)];
  return {
    kitDir: undefined,
    // A database below the prefix is made where the script wants it: an empty one would end up in the kit.
    opaqueDirs: outermost([pkgsrc.prefix, pkgsrc.pkgDbdir]),
    shares: [
      { source: paths.pkgsrc, target: paths.pkgsrc, access: 'scratch' },
      ...[...new Set(dirs)].map((dir) => ({ source: dir, target: dir, access: 'ro' }) as const),
    ],
    freshDirs: [{ path: workDir, owner: undefined }],
  };
}

function baseEnv(workDir: string): Record<string, string> {
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
async function chooseShell(sandbox: Sandbox, request: BootstrapRequest): Promise<Record<string, string>> {
  for (const shell of ['/bin/sh', ...otherShells]) {
    const result = await sandbox.run({
      ...quiet(request.signal),
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

interface ScriptRun {
  readonly request: BootstrapRequest;
  readonly sandbox: Sandbox;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly log: FileHandle;
  readonly logFile: string;
}

async function runScript({ request, sandbox, argv, env, cwd, log, logFile }: ScriptRun): Promise<void> {
  const steps = followSteps(logFile, request.onStep);
  let result: CommandResult;
  try {
    const output = { kind: 'log', fd: log.fd } as const;
    result = await sandbox.run({ ...quiet(request.signal), argv, env, cwd, output });
  } finally {
    await steps.end();
  }
  if (result.kind === 'exited' && result.code === 0) return;
  throwIfStopped(request.signal);
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

function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new BulkmeshError('BOOTSTRAP_STOPPED', 'stopped; no kit was made');
}
