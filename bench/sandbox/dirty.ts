import type { Command, Sandbox } from '../../src/sandbox/driver.ts';

/** What a package that misbehaves leaves to whoever cleans up. */
export const kindsOfDirt = ['daemon', 'busy file', 'full disk'] as const;
export type Dirt = (typeof kindsOfDirt)[number];

const scripts: Readonly<Record<Dirt, string>> = {
  // Forks twice, in a session of its own, and ignores what it can.
  daemon: `
(setsid sh -c 'trap "" TERM HUP INT; while :; do sleep 1; done' >/dev/null 2>&1 &) &
wait`,
  // Holds a file open, and the work area as its directory, with a mapping of its own.
  'busy file': `
cd /work && : >held && (exec 9<held; setsid sleep 1000 >/dev/null 2>&1 &)`,
  'full disk': `
dd if=/dev/zero of=/work/full bs=1M count=1000 2>/dev/null || :`,
};

/** Room of the work area of a task that fills it. */
const fullBytes = 8 * 2 ** 20;

/** Makes a prepared sandbox dirty; `mark` lands in the environment of every process. */
export async function makeDirty(sandbox: Sandbox, dirt: Dirt, mark: string): Promise<void> {
  const work =
    dirt === 'full disk' ? ({ kind: 'memory', sizeBytes: fullBytes } as const) : { kind: 'disk' as const };
  await sandbox.fit({ limits: { memoryBytes: undefined, processes: undefined }, work });
  await runInside(sandbox, ['sh', '-c', scripts[dirt]], mark);
}

/** Runs a program inside and gives its exit code. Throws unless it ends by itself. */
export async function runInside(sandbox: Sandbox, argv: readonly string[], mark: string): Promise<number> {
  const command: Command = {
    argv,
    env: { PATH: '/usr/bin:/bin', BENCH_MARK: mark },
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'capture', maxBytes: 1000 },
    signal: new AbortController().signal,
  };
  const result = await sandbox.run(command);
  if (result.kind !== 'exited') throw new Error(`${argv[0]} in ${sandbox.slot}: ${JSON.stringify(result)}`);
  return result.code;
}
