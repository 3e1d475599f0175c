import { describe, expect, it } from 'vitest';
import { findLowerLimits, makePolicy } from '../../../agent/build/policy.ts';
import { driverTraits } from '../../../src/sandbox/traits.ts';
import { layFakeTree } from '../support/fake-tree.ts';

const isRoot = process.getuid?.() === 0;

describe('what the configuration says of every package', () => {
  it('limits what has a limit, and nothing that has 0', () => {
    const tree = layFakeTree();
    const limits = { cpuSeconds: 3600, files: 0, processes: 500, memoryMiB: 0, fileSizeMiB: 10, nice: 0 };
    const policy = makePolicy(
      { ...tree.config, limits: { ...tree.config.limits, ...limits } },
      driverTraits.linux,
    );
    tree.remove();
    expect(policy.limits).toEqual({
      cpuSeconds: 3600,
      files: undefined,
      processes: 500,
      memoryMiB: undefined,
      fileSizeMiB: 10,
      nice: undefined,
    });
  });

  it('cleans nothing in a sandbox that goes, and everything where nothing is isolated', () => {
    const tree = layFakeTree();
    const dropped = (['linux', 'none'] as const).map(
      (kind) => makePolicy(tree.config, driverTraits[kind]).isDropped,
    );
    tree.remove();
    expect(dropped).toEqual([true, false]);
  });

  it.skipIf(isRoot)(
    'warns of limits that an ordinary account is kept below (SKIPPED: root is not)',
    async () => {
      const none = {
        cpuSeconds: undefined,
        processes: undefined,
        memoryMiB: undefined,
        fileSizeMiB: undefined,
      };
      const warnings = await findLowerLimits({ ...none, files: 2 ** 40 });
      expect(warnings).toEqual([expect.stringContaining('limits.files')]);
    },
  );

  it.skipIf(!isRoot)('has nothing to warn of as root, who may lift any limit', async () => {
    const limits = { cpuSeconds: 1, files: 2 ** 30, processes: 1, memoryMiB: 1, fileSizeMiB: 1 };
    expect(await findLowerLimits(limits)).toEqual([]);
  });
});
