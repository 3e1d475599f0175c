/**
 * Where processes start. Tools that run to their end go through execa. What runs in a sandbox is started with
 * node:child_process: it needs raw descriptors, its own session, and an end that is told at `exit`, while execa
 * (like `close`) waits for every holder of a pipe, and a daemon that a build left behind holds it for ever.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
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
