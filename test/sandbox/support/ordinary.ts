import { spawn } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool, type ToolResult } from '../../../src/sandbox/process.ts';
import { makeTempDir, removeTempDir } from './host.ts';

/** An account without any rights that no host gives to anybody; who is not root tests as it is. */
const made = { uid: 61_234, gid: 61_234 };
export const isRoot = process.getuid?.() === 0;
export const ordinaryUid = isRoot ? made.uid : (process.getuid?.() ?? 0);

const become = isRoot ? ['setpriv', `--reuid=${made.uid}`, `--regid=${made.gid}`, '--clear-groups'] : [];

/** What the account may be told to run. */
const scripts = {
  probe: fileURLToPath(new URL('./ordinary-probe.ts', import.meta.url)),
  sandbox: fileURLToPath(new URL('./ordinary-sandbox.ts', import.meta.url)),
  sweep: fileURLToPath(new URL('./ordinary-sweep.ts', import.meta.url)),
  holder: fileURLToPath(new URL('./holder.ts', import.meta.url)),
} as const;
type Script = keyof typeof scripts;

/** Why sandboxes without root cannot be tested here; undefined where they can. */
export const noOrdinary = await findObstacle();

/** For the title of a suite: says loudly what is skipped, and why. */
export const ordinaryTitle = (title: string): string =>
  noOrdinary === undefined ? title : `${title} (SKIPPED: needs sandboxes without root: ${noOrdinary})`;

/** A temporary directory that the account may write to, with a state directory in it. */
export function makeOrdinaryDir(): string {
  const dir = makeTempDir();
  for (const path of [dir, join(dir, 'state')]) {
    mkdirSync(path, { recursive: true });
    if (isRoot) chownSync(path, made.uid, made.gid);
  }
  return dir;
}

/** Runs a script beside this one as the account and gives the JSON that it printed last. */
export function tellOrdinary(script: Script, ...args: readonly string[]): Promise<unknown> {
  return tellAfter([], script, ...args);
}

/** The same, after a shell text of root in a mount namespace of its own. */
export function tellAfterMounts(text: string, script: Script, ...args: readonly string[]): Promise<unknown> {
  const unshare = ['unshare', '--mount', '--propagation', 'private'];
  return tellAfter([...unshare, 'sh', '-c', `${text} && exec "$@"`, 'sh'], script, ...args);
}

async function tellAfter(before: readonly string[], script: Script, ...args: readonly string[]) {
  const done = await runTool([...before, ...become, process.execPath, scripts[script], ...args]);
  if (!done.ok) throw new Error(`${done.stderr}\n${done.stdout}`);
  const told: unknown = JSON.parse(done.stdout.trim().split('\n').at(-1) ?? '');
  return told;
}

/** Runs a program as the account, with a home. */
export function runOrdinary(argv: readonly string[], home: string): Promise<ToolResult> {
  return runTool([...become, 'env', `HOME=${home}`, ...argv]);
}

/** As `tellOrdinary`, for one that is to be killed. */
export function spawnOrdinary(script: Script, ...args: readonly string[]) {
  const [file = '', ...rest] = [...become, process.execPath, scripts[script], ...args];
  return spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function findObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `this is ${process.platform}`;
  const dir = makeOrdinaryDir();
  try {
    const told = await tellOrdinary('probe', join(dir, 'state'));
    return typeof told === 'string' ? told : undefined;
  } catch (error) {
    return `that account cannot run the tests: ${String(error).split('\n')[0]}`;
  } finally {
    removeTempDir(dir);
  }
}
