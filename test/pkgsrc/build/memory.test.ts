import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../src/pkgsrc/build/build.ts';
import { countHostKills, findShortage } from '../../../src/pkgsrc/build/memory.ts';
import type { CommandResult, SandboxUsage } from '../../../src/sandbox/driver.ts';
import { FakeSandbox } from '../fakesandbox.ts';
import { answerLikeTree, makePlace, type Place, policy, request, verbOf } from './fixture.ts';

const MIB = 2 ** 20;
const failed: CommandResult = { kind: 'exited', code: 1, stdout: '', stderr: '', wallMs: 1, cpuMs: 1 };
const unknown: SandboxUsage = { memoryPeakBytes: undefined, memoryKills: undefined };
const gcc = 'cc1plus: fatal error: Killed signal terminated program cc1plus\n*** Error code 1\n';
const find = (tail: string, usage: SandboxUsage, hostKills?: number, result: CommandResult = failed) =>
  findShortage(result, tail, { usage, limitBytes: undefined, hostKills });

describe('a command that failed for want of memory', () => {
  it('is known by the kills of its sandbox, whatever the log says, with the figures', () => {
    const usage = { memoryPeakBytes: 900 * MIB, memoryKills: 2 };
    expect(findShortage(failed, '', { usage, limitBytes: 1024 * MIB, hostKills: 0 })).toBe(
      'the kernel killed 2 processes of the sandbox for want of memory, of which limits.memory_total gives it ' +
        '1024 MiB; its processes held up to 900 MiB',
    );
    expect(find('', { memoryPeakBytes: undefined, memoryKills: 1 })).toMatch(
      /killed a process of the sandbox/,
    );
  });

  it('is not one where the sandbox had no kill, though another one on the host had', () => {
    expect(find(gcc, { memoryPeakBytes: 1, memoryKills: 0 }, 3)).toBeUndefined();
  });

  it('is known without such a count by a kill on the host and the words of the log, never by one alone', () => {
    expect(find(gcc, unknown, 1)).toMatch(/memory of the host was used up/);
    expect(find('Error 137', unknown, 1)).toBeDefined();
    expect(find('', unknown, 1, { kind: 'signalled', signal: 'SIGKILL', wallMs: 1, cpuMs: 1 })).toBeDefined();
    expect(find('error: expected expression', unknown, 1)).toBeUndefined();
    expect(find(gcc, unknown, 0)).toBeUndefined();
    expect(find(gcc, unknown)).toBeUndefined();
  });
});

describe('memory in a build', () => {
  let place: Place;
  beforeEach(async () => {
    place = await makePlace();
  });
  afterEach(() => place.remove());

  const build = (usage: SandboxUsage, verb?: string) => {
    const usual = answerLikeTree();
    const sandbox = new FakeSandbox((command) =>
      verbOf(command) === verb ? { code: 1, stdout: gcc } : usual(command),
    );
    sandbox.usageNow = usage;
    const sandboxLimits = { memoryBytes: 512 * MIB, processes: 100, diskBytes: undefined };
    return buildPackage(request(place, { sandbox, policy: policy({ sandboxLimits }) }));
  };

  it('that a compiler was killed for is trouble, and never the failure of the package', async () => {
    const result = await build({ memoryPeakBytes: 500 * MIB, memoryKills: 1 }, 'all');
    expect(result).toMatchObject({
      ...{ kind: 'trouble', trouble: 'out-of-memory', stage: 'build' },
      detail: expect.stringMatching(/make all: .*512 MiB.*500 MiB/),
    });
  });

  it('that a package took is told with its end, be it built or failed', async () => {
    const usage = { memoryPeakBytes: 300 * MIB, memoryKills: 0 };
    expect(await build(usage)).toMatchObject({ outcome: { kind: 'built' }, memoryBytes: 300 * MIB });
    const result = await build(usage, 'configure');
    expect(result).toMatchObject({ outcome: { kind: 'failed' }, memoryBytes: 300 * MIB });
  });

  it('does not matter where nothing failed: a test of configure may have been killed', async () => {
    expect(await build({ memoryPeakBytes: 1, memoryKills: 1 })).toMatchObject({ outcome: { kind: 'built' } });
  });

  it('is told apart from processes that were refused others: that is the package’s doing', async () => {
    const result = await build({ memoryPeakBytes: 1, memoryKills: 0, processRefusals: 3 }, 'all');
    expect(result).toMatchObject({
      outcome: { kind: 'failed', reason: expect.stringContaining('100 processes (limits.processes_total)') },
    });
  });

  it('of the host is counted by its kernel, or not at all', async () => {
    const file = join(place.dir, 'vmstat');
    expect(countHostKills(file)).toBeUndefined();
    await writeFile(file, 'pgfault 3\noom_kill 17\ndrop_pagecache 0\n');
    expect(countHostKills(file)).toBe(17);
  });
});
