/**
 * Where processes start. Tools that run to their end go through execa. What runs in a sandbox is started with
 * node:child_process: it needs raw descriptors, its own session, and an end that is told at `exit`, while execa
 * (like `close`) waits for every holder of a pipe, and a daemon that a build left behind holds it for ever.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';

/** The environment of our own tools: nothing of the caller's reaches them. */
export const toolEnv: Readonly<Record<string, string>> = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
};

export interface ToolResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** Trimmed; says also when the tool could not be started, or was killed. */
  readonly stderr: string;
}

/** Runs a short program to its end. Never throws; output is kept up to 64 MiB. */
export async function runTool(argv: readonly string[], cwd = '/'): Promise<ToolResult> {
  const [file = '', ...args] = argv;
  const done = await execa(file, args, {
    cwd,
    env: toolEnv,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    maxBuffer: 64 * 1024 * 1024,
    stripFinalNewline: false,
    // A Ctrl-C at the terminal is for the agent to weigh, not for the mount or the removal that is going on.
    detached: true,
  });
  const stderr = (done.stderr ?? '').trim();
  const ok = !done.failed;
  return { ok, stdout: done.stdout ?? '', stderr: ok || stderr !== '' ? stderr : (done.shortMessage ?? '') };
}

export interface BoundedResult extends ToolResult {
  /** It had not ended in time: killed, or, where it waits in the kernel and does not die, left to itself. */
  readonly isLate: boolean;
}

/**
 * As `runTool`, for at most `limitMs` and a second for its end. Neither the caller nor the end of this process waits for
 * a program that does not die; 64 KiB of its output are kept. `inputFd` is its standard input, and may be closed as soon as
 * this has been called.
 */
export async function runBounded(
  argv: readonly string[],
  limitMs: number,
  inputFd?: number,
): Promise<BoundedResult> {
  const child = spawnGroup(argv, { env: toolEnv, cwd: '/', stdio: [inputFd ?? 'ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      if (said[name].length < 65_536) said[name] += chunk.toString();
    });
  }
  const ended = new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      said.stderr += error.message;
      resolve(false);
    });
    child.once('exit', (code) => resolve(code === 0));
  });
  const ok = await within(ended, limitMs);
  if (ok === undefined) {
    killGroup(child);
    await within(ended, 1000);
    child.unref();
  } else if (child.stdout?.readableEnded === false) {
    // What it said last may still be under way; a child of its own may hold the pipe for ever.
    await within(once(child, 'close'), 100);
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
  const isLate = ok === undefined;
  const stderr = isLate ? `no end after ${limitMs / 1000} s` : said.stderr.trim();
  return { ok: ok === true, stdout: said.stdout, stderr, isLate };
}

/** What a program that only tells prints, waiting for it; empty when it fails or takes more than 20 s. */
export function runToolNow(argv: readonly string[]): string {
  const [file = '', ...args] = argv;
  const done = spawnSync(file, args, {
    env: toolEnv,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024 * 1024,
  });
  return done.status === 0 ? done.stdout : '';
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

async function within<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  const timer = new AbortController();
  const limit = delay(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, limit]);
  } finally {
    timer.abort();
  }
}

export interface GroupOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdio: readonly ('ignore' | 'pipe' | number)[];
}

/**
 * Starts a program as leader of a session and process group of its own, so that a Ctrl-C at our terminal does not
 * reach it and `kill(-pid)` reaches all of it. Must be called from the main thread: a death signal of setpriv(1)
 * fires when the starting thread ends.
 */
export function spawnGroup(argv: readonly string[], options: GroupOptions): ChildProcess {
  const [file = '', ...args] = argv;
  return spawn(file, args, {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: [...options.stdio],
    detached: true,
  });
}

/** Absolute path of a system tool, or undefined. */
export function findTool(name: string): string | undefined {
  return ['/usr/bin', '/usr/sbin', '/bin', '/sbin']
    .map((dir) => `${dir}/${name}`)
    .find((path) => existsSync(path));
}

/** The path of a tool that must be there; the bare name where it is not, so that starting it says so. */
export function toolPath(name: string): string {
  return findTool(name) ?? name;
}
