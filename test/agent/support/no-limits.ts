import type { Config } from '../../../src/config/config.ts';

export const noLimits: Config['limits'] = {
  ...{ cpuSeconds: 0, files: 0, processes: 0, memoryMiB: 0, fileSizeMiB: 0 },
  ...{ memoryTotalMiB: 0, processesTotal: 0, diskMiB: 0, nice: 0, packageSizeMiB: 20_480, packages: [] },
};
