import { z } from 'zod';

const HUGE = 100_000_000;

interface Bound {
  readonly fallback: number;
  readonly minimum?: number;
  readonly maximum: number;
  readonly description: string;
}

/** What can be bounded for all packages, and for some by their pattern. */
const bounds = {
  cpu: {
    fallback: 3600,
    maximum: 10_000_000,
    description: 'Seconds of CPU time that one process of a build may use. 0: no limit.',
  },
  files: {
    fallback: 0,
    maximum: 10_000_000,
    description: 'Files that one process may have open. 0: as the agent itself.',
  },
  processes: {
    fallback: 0,
    maximum: 10_000_000,
    description: 'Processes that the build user may have at once. 0: as the agent itself.',
  },
  memory: { fallback: 0, maximum: HUGE, description: 'MiB of address space of one process. 0: no limit.' },
  file_size: { fallback: 0, maximum: HUGE, description: 'MiB of one file that a build writes. 0: no limit.' },
  memory_total: {
    fallback: 0,
    maximum: HUGE,
    description:
      'MiB of memory of all processes of one sandbox together, files that it has in memory included. Needs control ' +
      'groups of Linux. 0: no limit.',
  },
  processes_total: {
    fallback: 4096,
    maximum: 4_000_000,
    description: 'Processes and threads of one sandbox at once. Needs control groups of Linux. 0: no limit.',
  },
  disk: {
    fallback: 0,
    maximum: HUGE,
    description:
      'MiB that one sandbox may write; a package that writes more is killed and has failed. 0: no limit.',
  },
  nice: {
    fallback: 0,
    maximum: 19,
    description: 'How far builds stand back for other work on this host, as nice(1) has it.',
  },
} as const satisfies Readonly<Record<string, Bound>>;

type Key = keyof typeof bounds;

const number = ({ minimum = 0, maximum }: Bound) => z.int().min(minimum).max(maximum);
const fixed = (key: Key) =>
  number(bounds[key]).default(bounds[key].fallback).meta({ description: bounds[key].description });
const own = (key: Key) => number(bounds[key]).optional().meta({ description: bounds[key].description });

const packageLimits = z.strictObject({
  cpu: own('cpu'),
  files: own('files'),
  processes: own('processes'),
  memory: own('memory'),
  file_size: own('file_size'),
  memory_total: own('memory_total'),
  processes_total: own('processes_total'),
  disk: own('disk'),
  nice: own('nice'),
  jobs: z.int().min(1).max(4096).optional().meta({ description: 'MAKE_JOBS is never more than this.' }),
  timeout_factor: z
    .number()
    .min(0.1)
    .max(1000)
    .optional()
    .meta({ description: 'Every time of [watchdog] is stretched by this.' }),
});

/** The section `[limits]`. */
export const limitsSchema = z.strictObject({
  cpu: fixed('cpu'),
  files: fixed('files'),
  processes: fixed('processes'),
  memory: fixed('memory'),
  file_size: fixed('file_size'),
  memory_total: fixed('memory_total'),
  processes_total: fixed('processes_total'),
  disk: fixed('disk'),
  nice: fixed('nice'),
  package_size: z
    .int()
    .min(1)
    .max(HUGE)
    .default(20_480)
    .meta({ description: 'MiB of a package file. A larger one is not taken into the repository.' }),
  packages: z
    .record(z.string(), packageLimits)
    .default({})
    .meta({
      description:
        'Limits of some packages: a section for each shell pattern of PKGPATH or PKGBASE. Of several that match, a later one ' +
        'wins, key by key.',
      example: '{ "lang/rust*" = { memory_total = 16384, jobs = 4 } }',
    }),
});
