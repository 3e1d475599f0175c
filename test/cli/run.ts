import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a run of the command line brought. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line that runs: its output so far, and ways to wait for it and to interrupt it. */
export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
  /** Resolves when standard output and error together match; rejects when the program ends without. */
  waitFor(pattern: RegExp): Promise<void>;
}

const program = fileURLToPath(new URL('../../cli/bulkmesh.mjs', import.meta.url));

/** Starts `bulkmesh ARGS` as a process of its own, without a terminal. */
export function startCli(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly program?: string } = {},
): RunningCli {
  const child = spawn(process.execPath, [options.program ?? program, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: process.env.PATH, HOME: '/', LANG: 'C.UTF-8', BULKMESH_SHARE: '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let check = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    check();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    check();
  });
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    child,
    ended,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        check = () => {
          if (pattern.test(stdout + stderr)) resolve();
        };
        check();
        void ended.then(() => reject(new Error(`${pattern} did not come:\n${stdout}${stderr}`)));
      }),
  };
}

/** Runs `bulkmesh ARGS` to its end. */
export function runCli(
  args: readonly string[],
  options: Parameters<typeof startCli>[1] = {},
): Promise<CliResult> {
  return startCli(args, options).ended;
}

/** A directory with a configuration whose defaults all hold, and an empty tree; `remove` takes it away. */
export interface TestSite {
  readonly dir: string;
  readonly config: string;
  readonly state: string;
  readonly bulklog: string;
  remove(): Promise<void>;
}

/** Makes a site of its own in the temporary directory. */
export async function makeSite(toml = ''): Promise<TestSite> {
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-cli-'));
  const site = {
    dir,
    config: join(dir, 'bulkmesh.toml'),
    state: join(dir, 'bulkmesh'),
    bulklog: join(dir, 'bulklog'),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
  await Promise.all(
    [join(dir, 'pkgsrc'), site.state, join(site.bulklog, 'meta')].map((path) =>
      mkdir(path, { recursive: true }),
    ),
  );
  await writeFile(site.config, toml);
  return site;
}
