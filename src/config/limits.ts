import type { Config, Limits, PackageLimits } from './config.ts';
import type { Complain } from './consistency.ts';
import type { FileValues } from './fileSchema.ts';
import type { Complaint } from './pathCheck.ts';
import type { TemplateValues } from './template.ts';

type Values = FileValues['limits'];

/** The limits as the program names them; checks the patterns. */
export const resolveLimits = (values: Values, complain: Complain): Config['limits'] => ({
  cpuSeconds: values.cpu,
  files: values.files,
  processes: values.processes,
  memoryMiB: values.memory,
  fileSizeMiB: values.file_size,
  memoryTotalMiB: values.memory_total,
  processesTotal: values.processes_total,
  diskMiB: values.disk,
  nice: values.nice,
  packageSizeMiB: values.package_size,
  packages: Object.entries(values.packages).map(([pattern, own]) => {
    complain(['limits', 'packages', pattern], checkPackagePattern(pattern));
    return { pattern, values: nameValues(own) };
  }),
});

/** Key of the program to key of the file, for those that packages may have of their own. */
const names = {
  cpuSeconds: 'cpu',
  files: 'files',
  processes: 'processes',
  memoryMiB: 'memory',
  fileSizeMiB: 'file_size',
  memoryTotalMiB: 'memory_total',
  processesTotal: 'processes_total',
  diskMiB: 'disk',
  nice: 'nice',
  jobs: 'jobs',
  timeoutFactor: 'timeout_factor',
} as const satisfies Readonly<Record<keyof PackageLimits['values'], string>>;

const nameValues = (own: Values['packages'][string]): PackageLimits['values'] => {
  const pairs = Object.entries(names).map(([name, key]) => [name, own[key]] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
};

/** What is wrong with a pattern of packages. */
const checkPackagePattern = (text: string): Complaint | undefined => {
  const set = /\[[!^]?\]?[^\]]*\]/g;
  if (/^[A-Za-z0-9_.+@/*?-]+$/.test(text.replace(set, 'x'))) return undefined;
  const what = `${JSON.stringify(text)} can match no PKGPATH or PKGBASE`;
  return { what, todo: 'write a shell pattern, like "lang/rust*" or "gcc[0-9]*"' };
};

/** Values by key of the file, without those of single packages. */
export const listLimits = (limits: Config['limits']): TemplateValues => ({
  ...Object.fromEntries(limitKeys.map((name): [string, number] => [`limits.${names[name]}`, limits[name]])),
  'limits.package_size': limits.packageSizeMiB,
});

const limitKeys: readonly (keyof Limits)[] = [
  ...(['cpuSeconds', 'files', 'processes', 'memoryMiB', 'fileSizeMiB'] as const),
  ...(['memoryTotalMiB', 'processesTotal', 'diskMiB', 'nice'] as const),
];

/** The sections of single packages, as a file has them. */
export const renderPackageLimits = (packages: readonly PackageLimits[]): readonly string[] =>
  packages.map(({ pattern, values }) => {
    const lines = Object.entries(names).flatMap(([name, key]) => {
      const found = Object.entries(values).find(([own]) => own === name);
      return found === undefined ? [] : [`${key} = ${found[1]}`];
    });
    return [`[limits.packages.${JSON.stringify(pattern)}]`, ...lines].join('\n');
  });
