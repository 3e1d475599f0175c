import { describe, expect, it } from 'vitest';
import { findLostLimits, limitsOf, processLimits, sandboxLimits } from '../../../agent/build/limits.ts';
import type { Config, PackageLimits } from '../../../src/config/config.ts';
import { checkPkgName, checkPkgPath } from '../../../src/pkgsrc/name.ts';
import { driverTraits } from '../../../src/sandbox/traits.ts';

const common = {
  ...{ cpuSeconds: 3600, files: 0, processes: 0, memoryMiB: 0, fileSizeMiB: 0 },
  ...{ memoryTotalMiB: 4096, processesTotal: 100, diskMiB: 0, nice: 5, packageSizeMiB: 20 },
};
const limitsFor = (packages: readonly PackageLimits[], pkgpath = 'lang/rust', pkgname = 'rust-1.80.1nb2') => {
  const limits: Config['limits'] = { ...common, packages };
  return limitsOf(limits, { pkgpath: checkPkgPath(pkgpath), pkgname: checkPkgName(pkgname) });
};

describe('the limits of a package', () => {
  it('are those of all where no pattern names it', () => {
    const { packageSizeMiB: _, ...rest } = common;
    expect(limitsFor([{ pattern: 'lang/rust?', values: { cpuSeconds: 1 } }])).toEqual({
      ...rest,
      jobs: undefined,
      timeoutFactor: 1,
    });
  });

  it.each(['lang/rust', 'lang/*', '*', 'rust', 'r[t-v]st', '*/rust'])('are found by "%s"', (pattern) => {
    expect(limitsFor([{ pattern, values: { jobs: 2 } }]).jobs).toBe(2);
  });

  it.each(['rust-1.80.1nb2', 'rust-*', 'rus', 'lang', 'RUST'])('are not found by "%s"', (pattern) => {
    expect(limitsFor([{ pattern, values: { jobs: 2 } }]).jobs).toBeUndefined();
  });

  it('are found by the base of a name with dashes', () => {
    const own = [{ pattern: 'py312-cryptography', values: { jobs: 2 } }];
    expect(limitsFor(own, 'security/py-cryptography', 'py312-cryptography-43.0.1').jobs).toBe(2);
  });

  it('are, key by key, those of the last pattern that names it', () => {
    const bounds = limitsFor([
      { pattern: 'lang/*', values: { memoryTotalMiB: 8192, jobs: 8, timeoutFactor: 2 } },
      { pattern: 'rust', values: { memoryTotalMiB: 0, cpuSeconds: 0 } },
      { pattern: 'lang/go*', values: { jobs: 1 } },
    ]);
    expect(bounds).toMatchObject({ memoryTotalMiB: 0, jobs: 8, timeoutFactor: 2, cpuSeconds: 0, nice: 5 });
  });

  it('bound a sandbox in bytes and processes, and nothing where they are 0', () => {
    expect(sandboxLimits(limitsFor([]))).toEqual({
      memoryBytes: 2 ** 32,
      processes: 100,
      diskBytes: undefined,
      nice: 5,
    });
    const none = limitsFor([{ pattern: '*', values: { memoryTotalMiB: 0, processesTotal: 0, nice: 0 } }]);
    expect(sandboxLimits(none)).toEqual({
      memoryBytes: undefined,
      processes: undefined,
      diskBytes: undefined,
      nice: 0,
    });
    expect(processLimits(none).nice).toBeUndefined();
  });

  it('are said to be lost where they were set and the host cannot keep them, and only then', () => {
    const set: Config['limits'] = {
      ...{ ...common, memoryTotalMiB: 0, processesTotal: 4096 },
      packages: [{ pattern: 'rust', values: { memoryTotalMiB: 4, diskMiB: 9 } }],
    };
    const { linux, mounts, none } = driverTraits;
    expect(findLostLimits(set, linux, ['pids', 'memory'])).toEqual([]);
    expect(findLostLimits(set, linux, ['pids'])).toEqual([expect.stringMatching(/^limits.memory_total /)]);
    expect(findLostLimits(set, none, ['pids', 'memory']).map((line) => line.split(' ')[0])).toEqual([
      ...['limits.memory_total', 'limits.disk'],
    ]);
    // A chroot has control groups too.
    expect(findLostLimits(set, mounts, ['pids', 'memory'])).toEqual([expect.stringMatching(/^limits.disk /)]);
    expect(findLostLimits({ ...set, processesTotal: 99, packages: [] }, linux, [])).toHaveLength(1);
  });
});
