import { randomBytes } from 'node:crypto';
import { BulkmeshError } from '../../errors.ts';
import type { Sandbox, UserId } from '../../sandbox/driver.ts';
import { type MakeCall, type MakeEnvironment, makeCommand } from '../make.ts';
import { cutFrames } from './frames.ts';

export interface BatchPorts {
  readonly sandbox: Sandbox;
  readonly environment: MakeEnvironment;
  /** Who runs make; undefined: root, or the caller where there is no root. */
  readonly user?: UserId | undefined;
  readonly signal: AbortSignal;
}

/** How make ended in one directory. */
export type MakeEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** It was killed, or what it printed has no end. */
  | { readonly kind: 'lost'; readonly reason: string };

/** A make that neither ends nor can be waited for is killed; the slowest known directory takes a minute. */
const MAKE_MS_MAX = 600_000;
/** What a batch may print in all: the largest known path prints some 200 kB a variant, and nine variants. */
const OUTPUT_BYTES = 16 << 20;

/**
 * Entering a sandbox costs several processes, so one shell in it runs make for one directory after the other. Each runs
 * in a shell of its own that becomes make: the same process, variables and directory as if it had been started alone.
 */
const SCRIPT = `
set -f
mark=$1 tree=$2 dirs=$3
shift 3
for dir in $dirs; do
  (cd -- "$tree/$dir" || exit 1; unset OLDPWD; exec "$@")
  code=$?
  printf '\\000%s %s %s\\n' "$mark" "$dir" "$code"
  printf '\\000%s %s %s\\n' "$mark" "$dir" "$code" >&2
done
`;

/**
 * Runs one make call in many directories in turn, in one command of the sandbox. Directories are PKGPATHs or categories,
 * '.' is the top of the tree. When the shell does not get to the end of the list, each directory that is left is tried
 * alone, so that one that kills or floods takes no other with it. Throws the reason of the signal, and `BulkmeshError`
 * SCAN_TROUBLE when the sandbox runs nothing: then no directory is to blame.
 */
export async function runMakes(
  ports: BatchPorts,
  dirs: readonly string[],
  call: Pick<MakeCall, 'targets' | 'assignments'>,
): Promise<ReadonlyMap<string, MakeEnd>> {
  const ends = new Map<string, MakeEnd>();
  if (dirs.length === 0) return ends;
  const lost = await runTogether(ports, dirs, call, ends);
  if (lost === undefined) return ends;
  for (const dir of dirs) {
    if (ends.has(dir)) continue;
    const reason = dirs.length === 1 ? lost : await runTogether(ports, [dir], call, ends);
    if (reason !== undefined) ends.set(dir, { kind: 'lost', reason });
  }
  return ends;
}

/** Adds the ends that are known; says why there are no more, or undefined when all are there. */
async function runTogether(
  { sandbox, environment, user, signal }: BatchPorts,
  dirs: readonly string[],
  call: Pick<MakeCall, 'targets' | 'assignments'>,
  ends: Map<string, MakeEnd>,
): Promise<string | undefined> {
  const mark = randomBytes(12).toString('hex');
  const output = { kind: 'capture', maxBytes: OUTPUT_BYTES } as const;
  const patience = AbortSignal.timeout(MAKE_MS_MAX);
  const bounded = AbortSignal.any([signal, patience]);
  const command = makeCommand(environment, { ...call, dir: '', user, output, signal: bounded });
  const words = [mark, environment.pkgsrc, dirs.join(' '), ...command.argv];
  const result = await sandbox.run({ ...command, argv: ['/bin/sh', '-c', SCRIPT, 'sh', ...words] });
  signal.throwIfAborted();
  switch (result.kind) {
    case 'trouble':
      throw scanTrouble(dirs[0] ?? '', result.detail);
    case 'aborted':
      return `no end after ${MAKE_MS_MAX / 60_000} minutes`;
    case 'signalled':
      return `killed by ${result.signal}`;
    case 'exited':
      break;
  }
  const frames = cutFrames(result.stdout, mark);
  // A program can find the mark in the arguments of the shell. Alone it can say nothing of others.
  if (frames.some(({ key }, at) => key !== dirs[at])) return 'prints the line that ends an answer';
  const told = new Map(cutFrames(result.stderr, mark).map(({ key, text }) => [key, text]));
  for (const { key, code, text } of frames) {
    ends.set(key, { kind: 'exited', code, stdout: text, stderr: told.get(key) ?? '' });
  }
  if (dirs.every((dir) => ends.has(dir))) return undefined;
  // Text cut in the middle of a character is as long as what was captured, or longer.
  return result.stdout.length >= OUTPUT_BYTES / 4 && Buffer.byteLength(result.stdout) >= OUTPUT_BYTES
    ? 'prints without end'
    : `the shell ended before it (exit ${result.code})`;
}

function scanTrouble(dir: string, detail: string): BulkmeshError {
  return new BulkmeshError('SCAN_TROUBLE', `The scan of ${dir} could not be run: ${detail}`, {
    hint: 'This is trouble of the host or of the sandbox, not of the package: see bulkmesh doctor.',
  });
}
