import type { ChildProcess } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { Command, CommandResult, Output } from './driver.ts';
import { limitScript, limitWords, niceWords } from './limits.ts';
import { spawnGroup } from './process.ts';

/**
 * Runs one program and tells what it cost. All data comes as arguments: the directory, the limits, then the program. Descriptor
 * 3 carries the report: S when the program is about to start, D when the directory is not there, and at the end the
 * shell's `times`, whose second line is what the program and all it waited for used. The program does not get 3.
 */
const wrapper = `
umask 022
cd -- "$1" || { echo D >&3; exit 1; }
shift
${limitScript}
unset OLDPWD SHLVL
echo S >&3
"$@" 3>&-
status=$?
times >&3
exit "$status"
`;

/** Standard error is captured up to this size; it is read by people. */
const stderrBytesMax = 1024 * 1024;
const reportBytesMax = 4096;
const drainMsMax = 1000;

export interface Launch {
  /** What leads into the sandbox; empty without one. Ends where a program would follow. */
  readonly enter: readonly string[];
  /** What runs the program as the wanted user. Must not be empty: it keeps shell built-ins out of the way. */
  readonly become: readonly string[];
  readonly command: Command;
  /** Tells the leader of the new session, once it is there. */
  readonly onStart: (leader: number) => void;
  /** Kills all of the command; called at abort, and resolves when nothing of it runs. */
  readonly kill: (leader: number) => Promise<void>;
}

/** A terminal sends no more Ctrl-Cs than this while one command is started. */
const startsMax = 4;

/**
 * Runs a command to its end, whatever that is. One that a Ctrl-C ended before its program had begun is started again.
 * Never throws.
 */
export async function launchCommand(launch: Launch): Promise<CommandResult> {
  for (let starts = 1; ; starts += 1) {
    const result = await launchOnce(launch);
    if (result.kind !== 'interrupted') return result;
    if (starts === startsMax) return { kind: 'trouble', detail: result.detail };
  }
}

/** A Ctrl-C at the terminal, which reaches the child until its session is its own, came before the program did. */
interface Interrupted {
  readonly kind: 'interrupted';
  readonly detail: string;
}

async function launchOnce(launch: Launch): Promise<CommandResult | Interrupted> {
  const { command } = launch;
  const startMs = performance.now();
  const spent = (cpuMs: number) => ({ wallMs: performance.now() - startMs, cpuMs });
  const [program = ''] = command.argv;
  if (program === '' || program.includes('=') || program.startsWith('-')) {
    return { kind: 'trouble', detail: `"${program}" cannot be a program's name` };
  }
  if (command.signal.aborted) return { kind: 'aborted', ...spent(0) };
  let child: ChildProcess;
  try {
    child = spawnGroup([...launch.enter, ...wrapperArgv(command), ...launch.become, ...command.argv], {
      env: command.env,
      cwd: '/',
      stdio: [inputStdio(command), ...outputStdio(command.output), 'pipe'],
    });
  } catch (error) {
    return { kind: 'trouble', detail: `cannot start ${program}: ${messageOf(error)}` };
  }
  feed(child, command.input);
  const report = collect(child.stdio[3], reportBytesMax);
  const stdout = collect(child.stdout, command.output.kind === 'capture' ? command.output.maxBytes : 0);
  const stderr = collect(child.stderr, stderrBytesMax);
  const end = await superviseChild(child, launch, () => drain([report, stdout, stderr]));

  const told = readReport(report.text());
  if (end.aborted) return { kind: 'aborted', ...spent(told.cpuMs) };
  if (end.error !== undefined) return { kind: 'trouble', detail: `cannot start ${program}: ${end.error}` };
  if (told.kind === 'no-directory') return { kind: 'trouble', detail: `no directory ${command.cwd} inside` };
  if (told.kind === 'nothing') {
    const why = end.signal === null ? stderr.text().trim() : `killed by ${end.signal}`;
    const detail = `cannot enter the sandbox to run ${program}${why && `: ${why}`}`;
    return { kind: end.signal === 'SIGINT' ? 'interrupted' : 'trouble', detail };
  }
  if (end.signal !== null) return { kind: 'signalled', signal: end.signal, ...spent(told.cpuMs) };
  return {
    kind: 'exited',
    code: end.code,
    stdout: stdout.text(),
    stderr: stderr.text(),
    ...spent(told.cpuMs),
  };
}

const wrapperArgv = ({ cwd, limits }: Command): readonly string[] => [
  ...['/bin/sh', '-c', wrapper, 'sh', cwd],
  ...limitWords(limits),
  ...niceWords(limits),
];

const inputStdio = ({ input }: Command): 'ignore' | 'pipe' => (input === undefined ? 'ignore' : 'pipe');

function feed({ stdin }: ChildProcess, input: string | undefined): void {
  if (stdin === null || input === undefined) return;
  // A program may end without reading: no error of anybody.
  stdin.on('error', () => undefined);
  stdin.end(input);
}

function outputStdio(output: Output): readonly ('pipe' | number)[] {
  switch (output.kind) {
    case 'log':
      return [output.fd, output.fd];
    case 'split':
      return [output.stdoutFd, output.stderrFd];
    case 'capture':
      return ['pipe', 'pipe'];
  }
}

interface ChildEnd {
  readonly code: number;
  readonly signal: NodeJS.Signals | null;
  readonly error: string | undefined;
  readonly aborted: boolean;
}

/** An abort kills until `settle`, which follows the child's end, is over. */
async function superviseChild(
  child: ChildProcess,
  launch: Launch,
  settle: () => Promise<void>,
): Promise<ChildEnd> {
  const { signal } = launch.command;
  const leader = child.pid;
  let killing: Promise<void> | undefined;
  const abort = () => {
    if (leader !== undefined) killing ??= launch.kill(leader);
  };
  if (leader !== undefined) {
    launch.onStart(leader);
    launch.command.onStart?.(leader);
  }
  signal.addEventListener('abort', abort, { once: true });
  const end = await new Promise<Omit<ChildEnd, 'aborted'>>((resolve) => {
    child.once('error', (error) => resolve({ code: 1, signal: null, error: error.message }));
    child.once('exit', (code, how) => resolve({ code: code ?? 1, signal: how, error: undefined }));
  });
  await settle();
  signal.removeEventListener('abort', abort);
  await killing;
  return { ...end, aborted: killing !== undefined };
}

interface Collected {
  readonly text: () => string;
  readonly isDone: () => boolean;
  readonly receivedBytes: () => number;
  readonly close: () => void;
}

/** Keeps the first `maxBytes` of a stream and lets the rest go by. */
function collect(stream: unknown, maxBytes: number): Collected {
  const chunks: Buffer[] = [];
  let receivedBytes = 0;
  if (!isReadable(stream)) {
    return { text: () => '', isDone: () => true, receivedBytes: () => 0, close: () => undefined };
  }
  let done = false;
  stream.on('data', (chunk: Buffer) => {
    if (receivedBytes < maxBytes) chunks.push(chunk.subarray(0, maxBytes - receivedBytes));
    receivedBytes += chunk.length;
  });
  for (const event of ['end', 'error', 'close']) {
    stream.once(event, () => {
      done = true;
    });
  }
  return {
    text: () => Buffer.concat(chunks).toString('utf8'),
    isDone: () => done,
    receivedBytes: () => receivedBytes,
    close: () => stream.destroy(),
  };
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === 'object' && stream !== null && 'read' in stream;
}

/**
 * The program has ended, so all it wrote is in the pipes: reads until they end, or, where something that it left
 * behind holds one open, until four looks 25 ms apart bring nothing new. Who writes on and on is cut off after a
 * second.
 */
async function drain(streams: readonly Collected[]): Promise<void> {
  const endMs = performance.now() + drainMsMax;
  for (let quiet = 0, before = -1; quiet < 4 && !streams.every((one) => one.isDone()); ) {
    if (performance.now() > endMs) break;
    await new Promise((resolve) => setImmediate(resolve));
    if (streams.every((one) => one.isDone())) break;
    await delay(before === -1 ? 1 : 25);
    const now = streams.reduce((sum, one) => sum + one.receivedBytes(), 0);
    quiet = now === before ? quiet + 1 : 0;
    before = now;
  }
  for (const one of streams) one.close();
}

interface Report {
  readonly kind: 'nothing' | 'no-directory' | 'started';
  readonly cpuMs: number;
}

/** Reads the wrapper's report; `times` prints `0m1.23s 0m0.45s` for the shell, then for its children. */
function readReport(text: string): Report {
  const [first, , children = ''] = text.split('\n');
  if (first === 'D') return { kind: 'no-directory', cpuMs: 0 };
  if (first !== 'S') return { kind: 'nothing', cpuMs: 0 };
  const times = [...children.matchAll(/(\d+)m(\d+)[.,](\d+)s/g)];
  const cpuMs = times.reduce(
    (sum, [, minutes = '0', seconds = '0', part = '0']) =>
      sum + Number(minutes) * 60_000 + Number(seconds) * 1000 + Number(`0.${part}`) * 1000,
    0,
  );
  // The shell is the sandbox's own and may say anything.
  return { kind: 'started', cpuMs: Number.isSafeInteger(Math.round(cpuMs)) ? cpuMs : 0 };
}
