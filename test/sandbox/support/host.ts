import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { slotName } from '../../../src/core/ids.ts';
import type { Command, CommandResult, Sandbox, SandboxSpec, UserId } from '../../../src/sandbox/driver.ts';
import { probeLinux } from '../../../src/sandbox/probe.ts';

/** Why real sandboxes cannot be tested here; undefined where they can. */
export const noSandboxes = await findObstacle();

/** For the title of a suite: says loudly what is skipped, and why. */
export const suiteTitle = (title: string): string =>
  noSandboxes === undefined ? title : `${title} (SKIPPED: needs Linux namespaces and root: ${noSandboxes})`;

export const slot = slotName('build-1');
export const systemDirs = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/etc'];
export const nobody: UserId = { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent' };
export const emptySpec: SandboxSpec = { kitDir: undefined, opaqueDirs: [], shares: [], freshDirs: [] };

/** A directory of the test's own, short enough for everything. */
export function makeTempDir(): string {
  return mkdtempSync(join(tmpdir(), 'bulkmesh-test-'));
}

/** A state directory in a fresh temporary directory. */
export function makeStateDir(): string {
  const dir = join(makeTempDir(), 'state');
  mkdirSync(dir);
  return dir;
}

export function removeTempDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}

export interface RunOptions {
  readonly user?: UserId;
  readonly cwd?: string;
  readonly network?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly output?: Command['output'];
}

export function run(
  sandbox: Sandbox,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<CommandResult> {
  return sandbox.run({
    argv,
    env: options.env ?? { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: options.cwd ?? '/',
    user: options.user,
    network: options.network ?? false,
    output: options.output ?? { kind: 'capture', maxBytes: 1_000_000 },
    signal: options.signal ?? new AbortController().signal,
  });
}

/** Runs a shell text and gives what it printed on both outputs, with the code when it is not 0. */
export async function shell(sandbox: Sandbox, text: string, options: RunOptions = {}): Promise<string> {
  const result = await run(sandbox, ['sh', '-c', text], options);
  if (result.kind !== 'exited') return JSON.stringify(result);
  return `${result.stdout}${result.stderr}${result.code === 0 ? '' : `[${result.code}]`}`;
}

/** Pids of processes of this host that have `text` in their arguments or in their mount table. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ['cmdline', 'mountinfo'].some((file) => readOr(`/proc/${pid}/${file}`).includes(text)))
    .map(Number);
}

/** What is left of a sandbox on the host: processes inside or around it, mounts, entries of the slots directory. */
export function leftovers(stateDir: string): readonly string[] {
  const mounts = readOr('/proc/self/mountinfo').split('\n');
  let entries: readonly string[] = [];
  try {
    entries = readdirSync(join(stateDir, 'slots'));
  } catch {
    // Never made.
  }
  return [
    ...processesWith(`${stateDir}/`).map((pid) => `process ${pid}: ${readOr(`/proc/${pid}/cmdline`)}`),
    ...mounts.filter((line) => line.includes(stateDir)).map((line) => `mount ${line}`),
    ...entries.map((name) => `entry ${name}`),
  ];
}

/** Waits until it holds; gives up after 20 s so that a broken promise ends as a failed expectation. */
export async function waitUntil(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 400 && !holds(); round += 1) await delay(50);
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function findObstacle(): Promise<string | undefined> {
  // Without root sandboxes are different; those have tests of their own.
  if (process.getuid?.() !== 0) return 'not root';
  const dir = makeTempDir();
  try {
    const probe = await probeLinux(dir, 'disk');
    return probe.kind === 'works' ? undefined : probe.why;
  } finally {
    removeTempDir(dir);
  }
}
