import type { Look } from './ui/text.ts';

/** What a stream's terminal can show, by its environment: NO_COLOR, FORCE_COLOR, TERM, the locale. */
export function findLook(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Look {
  return { colour: hasColour(stream, env), unicode: hasUnicode(env) };
}

/** True where lines can be drawn over each other. */
export function hasCursor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Writes lines to standard output. */
export function writeLines(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

/** Writes lines to standard error. */
export function writeErrorLines(lines: readonly string[]): void {
  if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`);
}

/** What a reader that went away gives (`| head`): no error, what is written from then on is dropped. */
const goneReader: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'EIO']);

/**
 * Lets a command go on when its output cannot be written: a build must not die of a full disk behind `> build.log`. What is
 * wrong is told once on standard error, and the exit code is 2.
 */
export function outliveOutput(): void {
  let isTold = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (goneReader.has(error.code) || isTold) return;
      isTold = true;
      process.exitCode = 2;
      if (stream === process.stdout) writeErrorLines([`bulkmesh: standard output: ${error.message}`]);
    });
  }
}

function hasColour(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

function hasUnicode(env: NodeJS.ProcessEnv): boolean {
  if (env.TERM === 'linux' || env.TERM === 'dumb') return false;
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}
