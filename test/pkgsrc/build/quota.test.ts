import { describe, expect, it } from 'vitest';
import { DiskQuota } from '../../../src/pkgsrc/build/quota.ts';
import type { Command, CommandResult } from '../../../src/sandbox/driver.ts';

const MIB = 2 ** 20;
const command: Command = {
  ...{ argv: ['make'], env: {}, cwd: '/', user: undefined, network: false },
  ...{ output: { kind: 'capture', maxBytes: 1 }, signal: new AbortController().signal },
};
const spent = { wallMs: 1, cpuMs: 1 };

/** Runs until it is aborted, or has been looked at so often. */
const start =
  (looks: () => number, looksMax: number) =>
  (bounded: Command): Promise<CommandResult> =>
    new Promise((resolve) => {
      bounded.signal.addEventListener('abort', () => resolve({ kind: 'aborted', ...spent }));
      const timer = setInterval(() => {
        if (looks() < looksMax) return;
        clearInterval(timer);
        resolve({ kind: 'exited', code: 0, stdout: '', stderr: '', ...spent });
      }, 1);
    });

const guard = async (limitBytes: number | undefined, written: readonly (number | Error)[]) => {
  let looks = 0;
  const writtenBytes = async (): Promise<number> => {
    const now = written[looks];
    looks += 1;
    if (now instanceof Error) throw now;
    return now ?? 0;
  };
  const quota = new DiskQuota({ writtenBytes }, limitBytes, 1);
  const result = await quota.guard(
    command,
    start(() => (limitBytes === undefined ? 99 : looks), 4),
  );
  return { kind: result.kind, why: quota.verdictOf(result), looks };
};

describe('the bound of what a sandbox may write', () => {
  it('kills what goes beyond it, and tells the figures', async () => {
    expect(await guard(10 * MIB, [MIB, 10 * MIB, 12 * MIB])).toEqual({
      kind: 'aborted',
      why: 'wrote 12 MiB, more than the 10 MiB that limits.disk allows',
      looks: 3,
    });
  });

  it('lets what stays within it come to its own end, also when a look fails', async () => {
    const { kind, why } = await guard(10 * MIB, [MIB, new Error('EIO'), 10 * MIB, 3 * MIB]);
    expect([kind, why]).toEqual(['exited', undefined]);
  });

  it('looks at nothing where there is no bound', async () => {
    expect(await guard(undefined, [99 * MIB])).toEqual({ kind: 'exited', why: undefined, looks: 0 });
  });
});
