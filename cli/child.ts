import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Runs a program that takes over the user's terminal (a shell in a sandbox, a pager), and resolves with its
 * exit code, 128 + n after signal n. Ctrl-C is the program's business meanwhile. Rejects with `ENOENT` when
 * there is no such program.
 *
 * `isForeign`: what runs is not to be trusted, as in a sandbox. It gets a session of its own, for which the terminal is
 * an open file and no more: else it could type into it (TIOCSTI) what the user's shell reads when it has ended. What the
 * keyboard and the terminal have to say is passed on.
 */
export async function runForUser(
  argv: readonly [string, ...string[]],
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
    readonly input?: Readable;
    readonly isForeign?: boolean;
  } = {},
): Promise<number> {
  const [program, ...args] = argv;
  const { isForeign = false } = options;
  const child = spawn(program, args, {
    detached: isForeign,
    stdio: [options.input === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  const stopPassing = isForeign ? passSignals(child) : ignore;
  try {
    const ended = once(child, 'exit');
    // Without such a program both promises reject, and one of them is enough; input is not touched then.
    ended.catch(ignore);
    await once(child, 'spawn');
    if (options.input !== undefined && child.stdin !== null) {
      // A pager that is left before the end closes its side: the rest is not wanted.
      await Promise.race([ended, pipeline(options.input, child.stdin).catch(ignore)]);
    }
    const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    stopPassing();
    process.removeListener('SIGINT', ignore);
  }
}

/** Passes on what a terminal tells its foreground, to the whole process group of a child; returns what ends that. */
function passSignals({ pid }: ChildProcess): () => void {
  const pass = (signal: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // It has just ended.
    }
  };
  const signals = ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTERM', 'SIGWINCH'] as const;
  for (const signal of signals) process.on(signal, pass);
  return () => {
    for (const signal of signals) process.removeListener(signal, pass);
  };
}

/**
 * Passes bytes through a program that reads standard input and writes standard output (a packer). Throws an error that
 * names the program when there is none such, or when it ends in failure.
 */
export async function* filterThrough(
  argv: readonly [string, ...string[]],
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const [program, ...args] = argv;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  child.stderr.on('data', (data: Buffer) => said.length < 16 && said.push(data));
  const ended = once(child, 'close').then(
    ([code]) => (code === 0 ? undefined : `${program} failed: ${Buffer.concat(said).toString().trim()}`),
    (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? `the program ${program} is needed, and is not there` : error.message,
  );
  // What is wrong with the input is the caller's to hear; what is wrong with the program comes from `ended`.
  let inputTrouble: unknown;
  const fed = pipeline(Readable.from(chunks), child.stdin).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') inputTrouble = error;
  });
  try {
    yield* child.stdout;
    const trouble = await ended;
    await fed;
    if (inputTrouble !== undefined) throw inputTrouble;
    if (trouble !== undefined) throw new Error(trouble);
  } finally {
    child.kill();
  }
}

/**
 * Starts a program that outlives this command, in a session of its own and without the terminal, and resolves with the
 * first line that it writes to descriptor 3, as text; undefined when it ended without one. An abort sends it SIGTERM.
 */
export async function startDetached(
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string | undefined> {
  const [program, ...args] = argv;
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  const pipe = child.stdio[3];
  if (!(pipe instanceof Readable)) throw new Error('a pipe was asked for');
  let text = '';
  try {
    await once(child, 'spawn');
    pipe.setEncoding('utf8');
    for await (const chunk of pipe) {
      text += String(chunk);
      if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
    }
    return undefined;
  } finally {
    signal.removeEventListener('abort', stop);
    pipe.destroy();
    child.unref();
  }
}
