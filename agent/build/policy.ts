import type { Config } from '../../src/config/config.ts';
import { type BuildPolicy, DEFAULT_FETCH_PAUSE } from '../../src/pkgsrc/build/policy.ts';
import type { ProcessLimits } from '../../src/sandbox/driver.ts';
import { runTool } from '../../src/sandbox/process.ts';
import type { DriverTraits } from '../../src/sandbox/traits.ts';
import { processLimits, sandboxLimits } from './limits.ts';
import { makeWatch } from './watch.ts';

/** What the configuration says of every package. */
export const makePolicy = (config: Config, traits: DriverTraits): Omit<BuildPolicy, 'hookVariables'> => {
  const { build, hooks } = config;
  return {
    isDropped: traits.isDropped,
    layeredDistdir: traits.hasLayers ? config.paths.distfiles : undefined,
    limits: processLimits(config.limits),
    sandboxLimits: sandboxLimits(config.limits),
    packageBytesMax: config.limits.packageSizeMiB * 2 ** 20,
    watch: makeWatch(config),
    fetchTries: build.fetchTries,
    fetchPause: DEFAULT_FETCH_PAUSE,
    keepWrkdir: build.keepWrkdir,
    keepPrefix: build.keepPrefix,
    save: build.save,
    beforePackage: hooks.beforePackage,
    afterPackage: hooks.afterPackage,
  };
};

/** What every hook is told of the configuration, in its environment. */
export const describePaths = (config: Config): Readonly<Record<string, string>> => ({
  BULKMESH_CONFIG: config.file,
  BULKMESH_PKGSRC: config.paths.pkgsrc,
  BULKMESH_PACKAGES: config.paths.packages,
  BULKMESH_DISTFILES: config.paths.distfiles,
  BULKMESH_BULKLOG: config.paths.bulklog,
  BULKMESH_PREFIX: config.pkgsrc.prefix,
});

/** Options of ulimit with their keys in the configuration, and units of ulimit in one of ours. */
const countables = [
  { option: '-t', key: 'cpuSeconds', name: 'limits.cpu', factor: 1 },
  { option: '-n', key: 'files', name: 'limits.files', factor: 1 },
  { option: '-v', key: 'memoryMiB', name: 'limits.memory', factor: 1024 },
  { option: '-f', key: 'fileSizeMiB', name: 'limits.file_size', factor: 2048 },
] as const;

/** Limits that the agent itself is kept below: only root can lift these. One line each for the operator. */
export const findLowerLimits = async (limits: ProcessLimits): Promise<readonly string[]> => {
  if (process.getuid?.() === 0) return [];
  const script = countables.map(({ option }) => `ulimit -H ${option} 2>/dev/null || echo`).join('; ');
  const { stdout } = await runTool(['/bin/sh', '-c', script]);
  const lines = stdout.split('\n');
  return countables.flatMap(({ key, name, factor }, index) => {
    const hard = Number(lines[index] || 'NaN') / factor;
    const wanted = limits[key];
    if (wanted === undefined || !(hard < wanted)) return [];
    return `${name} is ${wanted}, but this account is limited to ${Math.floor(hard)}: that holds for builds`;
  });
};
