import { existsSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { slotName } from '../../src/core/ids.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { makePlain } from '../../src/pkgsrc/build/rights.ts';
import type { SandboxDriver, SandboxSpec } from '../../src/sandbox/driver.ts';
import { isWithin, outermost } from '../../src/sandbox/names.ts';
import { chooseDriver } from '../../src/sandbox/select.ts';
import { takeStateDir } from '../../src/store/open.ts';
import { type KitContents, saveKit } from './kitFile.ts';
import { type BootstrapScript, findScript } from './script.ts';
import { baseEnv, chooseShell, runScript } from './scriptRun.ts';

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
const bootstrapLog = (config: Config): string => join(config.paths.bulklog, 'bootstrap.log');

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
  const workDir = driver.traits.isIsolated ? '/work' : join(config.paths.state, 'work');
  const sandbox = await driver.prepare(slotName('bootstrap-1'), describeSandbox(request, workDir));
  try {
    const kit = join(workDir, 'kit.tar.gz');
    const argv = script.argv({
      prefix: config.pkgsrc.prefix,
      pkgDbdir: wantedDbdir(config, driver.traits),
      kit,
      workDir: join(workDir, 'bootstrap'),
      mkFragment: request.mkFragment,
      abi: request.abi,
      jobs: config.build.cores,
      isRoot: driver.traits.hasOwnUsers || process.getuid?.() === 0,
      words: request.words,
    });
    const env = { ...(await chooseShell(sandbox, signal)), ...baseEnv(workDir), ...config.pkgsrc.variables };
    await runScript({
      sandbox,
      argv,
      env: { ...env, ...request.env },
      cwd: dirname(script.path),
      log,
      logFile,
      signal,
      onStep: request.onStep,
    });
    const { prefix } = config.pkgsrc;
    return { ...(await saveKit({ sandbox, from: kit, to: request.kit, prefix, log, signal })), logFile };
  } catch (error) {
    throwIfStopped(signal);
    throw error;
  } finally {
    await sandbox.destroy();
    await makePlain(log);
  }
}

/** Without isolation the database must lie where this build may write, wherever the script would put it. */
function wantedDbdir({ pkgsrc }: Config, { isIsolated }: SandboxDriver['traits']): string | undefined {
  const isUsual = pkgsrc.pkgDbdir === join(pkgsrc.prefix, 'pkgdb');
  return isUsual && isIsolated ? undefined : pkgsrc.pkgDbdir;
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

function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new BulkmeshError('BOOTSTRAP_STOPPED', 'stopped; no kit was made');
}
