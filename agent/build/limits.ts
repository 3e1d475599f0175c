import type { Config, Limits } from '../../src/config/config.ts';
import type { SandboxLimits } from '../../src/pkgsrc/build/policy.ts';
import { matchGlob, parseGlob } from '../../src/pkgsrc/glob.ts';
import type { ScanRecord } from '../../src/pkgsrc/package.ts';
import type { ProcessLimits } from '../../src/sandbox/driver.ts';

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
