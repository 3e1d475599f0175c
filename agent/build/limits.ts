import type { Config, Limits } from '../../src/config/config.ts';
import type { SandboxLimits } from '../../src/pkgsrc/build/policy.ts';
import { matchGlob, parseGlob } from '../../src/pkgsrc/glob.ts';
import type { ScanRecord } from '../../src/pkgsrc/package.ts';
import type { ProcessLimits } from '../../src/sandbox/driver.ts';
import { describeGroups } from '../../src/sandbox/linux/cgroup/groups.ts';
import type { DriverTraits } from '../../src/sandbox/traits.ts';

/** What holds for one package. */
export interface PackageBounds extends Limits {
  /** Upper bound of MAKE_JOBS; undefined: none. */
  readonly jobs: number | undefined;
  /** Stretches the times of the watchdogs. */
  readonly timeoutFactor: number;
}

/** The limits of a package: those of all, and over them, in their order, those whose pattern names it. */
export const limitsOf = (
  limits: Config['limits'],
  record: Pick<ScanRecord, 'pkgpath' | 'pkgname'>,
): PackageBounds => {
  const { packages, packageSizeMiB: _, ...common } = limits;
  const names = [record.pkgpath, record.pkgname.replace(/-[^-]*$/, '')];
  const own = packages.filter(({ pattern }) => {
    const glob = parseGlob(pattern);
    return names.some((name) => matchGlob(glob, name));
  });
  return Object.assign({ jobs: undefined, timeoutFactor: 1 }, common, ...own.map(({ values }) => values));
};

/** Of each process that a package starts. */
export const processLimits = (limits: Limits): ProcessLimits => ({
  cpuSeconds: orNone(limits.cpuSeconds),
  files: orNone(limits.files),
  processes: orNone(limits.processes),
  memoryMiB: orNone(limits.memoryMiB),
  fileSizeMiB: orNone(limits.fileSizeMiB),
  nice: orNone(limits.nice),
});

/** Of all processes of its sandbox together. */
export const sandboxLimits = (limits: Limits): SandboxLimits => ({
  memoryBytes: limits.memoryTotalMiB === 0 ? undefined : limits.memoryTotalMiB * 2 ** 20,
  processes: orNone(limits.processesTotal),
  diskBytes: limits.diskMiB === 0 ? undefined : limits.diskMiB * 2 ** 20,
  nice: limits.nice,
});

const orNone = (value: number): number | undefined => (value === 0 ? undefined : value);

/** What processes_total is where nobody set it: then a host that cannot keep it is not worth a word. */
const processesUsual = 4096;

/** Limits that the configuration sets, and that are not kept here; one line each for the operator. */
export const findLostLimits = (
  limits: Config['limits'],
  traits: DriverTraits,
  usable: readonly string[] = describeGroups().controllers,
): readonly string[] => {
  const all = [limits, ...limits.packages.map(({ values }) => values)];
  const isKept = (controller: string): boolean => traits.hasGroups && usable.includes(controller);
  const wants = {
    'limits.memory_total': !isKept('memory') && all.some(({ memoryTotalMiB = 0 }) => memoryTotalMiB > 0),
    'limits.processes_total':
      !isKept('pids') &&
      all.some(({ processesTotal = 0 }) => processesTotal > 0 && processesTotal !== processesUsual),
    'limits.disk': !traits.hasDiskBound && all.some(({ diskMiB = 0 }) => diskMiB > 0),
  };
  return Object.entries(wants).flatMap(([key, isLost]) =>
    isLost ? [`${key} is not kept: this host, or this driver, cannot bound a sandbox in that way`] : [],
  );
};
