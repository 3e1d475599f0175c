import type { Config } from '../../../src/config/config.ts';
import type { CommandResult, Sandbox, UserId } from '../../../src/sandbox/driver.ts';
import type { DriverTraits } from '../../../src/sandbox/traits.ts';
import type { Ground } from '../../build/ground.ts';

/** What a check looks at. */
export interface Subject {
  readonly sandbox: Sandbox;
  readonly config: Config;
  readonly ground: Ground;
  readonly traits: DriverTraits;
  readonly signal: AbortSignal;
}

/** What a check found. `absent`: the driver, or this host, does not have it at all. */
export interface Verdict {
  readonly state: 'ok' | 'failed' | 'absent';
  readonly detail: string;
}

/** Longer than any of them takes. */
const waitMs = 60_000;

/** Runs shell text inside, with arguments; as root unless a user is given. */
export const runShell = (
  { sandbox, signal }: Subject,
  script: string,
  args: readonly string[],
  user?: UserId | undefined,
): Promise<CommandResult> =>
  sandbox.run({
    argv: ['/bin/sh', '-c', script, 'sh', ...args],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: user?.home ?? '/' },
    cwd: '/',
    user,
    network: false,
    output: { kind: 'capture', maxBytes: 1 << 20 },
    signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs)]),
  });

/** The lines that such a text printed; undefined when it did not come to its end with success. */
export const readLines = async (
  ...call: Parameters<typeof runShell>
): Promise<readonly string[] | undefined> => {
  const result = await runShell(...call);
  if (result.kind !== 'exited' || result.code !== 0) return undefined;
  return result.stdout.split('\n').filter((line) => line !== '');
};

/** Those of the directories in which a file can be made and removed; undefined: it could not be asked. */
export const findWritable = (
  subject: Subject,
  dirs: readonly string[],
  user?: UserId | undefined,
): Promise<readonly string[] | undefined> =>
  readLines(
    subject,
    'for d; do f=$d/.bulkmesh-verify; (: >"$f") 2>/dev/null && { rm -f -- "$f"; echo "$d"; }; done; :',
    dirs,
    user,
  );

export const passed = (detail: string): Verdict => ({ state: 'ok', detail });
export const failed = (detail: string): Verdict => ({ state: 'failed', detail });
export const absent = (detail: string): Verdict => ({ state: 'absent', detail });
export const unanswered = failed('no answer from inside: a command could not be run');
