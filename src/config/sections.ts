import { availableParallelism } from 'node:os';
import type { Config, SummaryFormat } from './config.ts';
import type { Complain } from './consistency.ts';
import type { FileValues } from './fileSchema.ts';
import { checkPathNeed } from './pathCheck.ts';
import { checkGitBranch, checkGitUrl, checkProgram, checkSavePattern } from './valueCheck.ts';

/** Fills in what depends on the cores of this host, and checks the patterns. */
export const resolveBuild = (values: FileValues['build'], complain: Complain): Config['build'] => {
  for (const [index, text] of values.save.entries()) {
    complain(['build', 'save', String(index)], checkSavePattern(text));
  }
  const cores = values.cores ?? availableParallelism();
  return {
    cores,
    slots: values.slots ?? Math.max(2, Math.floor(cores / 2)),
    scanProcs: values.scan_procs ?? cores,
    scanCache: values.scan_cache,
    skipAgeCheck: values.skip_age_check,
    fetchTries: values.fetch_tries,
    keepWrkdir: values.keep_wrkdir,
    keepPrefix: values.keep_prefix,
    save: values.save,
  };
};

/** The watchdogs as the program names them. */
export const resolveWatchdog = (values: FileValues['watchdog']): Config['watchdog'] => ({
  silenceSeconds: {
    clean: values.silence_clean,
    depends: values.silence_depends,
    fetch: values.silence_fetch,
    checksum: values.silence_checksum,
    configure: values.silence_configure,
    build: values.silence_build,
    install: values.silence_install,
    package: values.silence_package,
    hooks: values.silence_hooks,
  },
  totalSeconds: values.total,
  learnedFactor: values.learned_factor,
  learnedFloorSeconds: values.learned_floor,
  floodMiBPerSecond: values.flood_rate,
  floodSeconds: values.flood_seconds,
  repeats: values.repeats,
  logMiB: values.log_size,
});

/** Checks programs; those that run on this host must be there. */
export const resolveHooks = async (
  values: FileValues['hooks'],
  complain: Complain,
): Promise<Config['hooks']> => {
  for (const [key, argv] of Object.entries(values)) complain(['hooks', key], checkProgram(argv));
  for (const key of ['before_build', 'after_build'] as const) {
    const [program] = values[key];
    if (program === undefined || checkProgram(values[key]) !== undefined) continue;
    complain(['hooks', key], await checkPathNeed(program, 'file'));
  }
  return {
    beforeBuild: values.before_build,
    afterBuild: values.after_build,
    beforePackage: values.before_package,
    afterPackage: values.after_package,
  };
};

/** Where `bulkmesh tree` clones from. */
export const resolveTree = (values: FileValues['tree'], complain: Complain): Config['tree'] => {
  complain(['tree', 'url'], checkGitUrl(values.url));
  complain(['tree', 'branch'], checkGitBranch(values.branch));
  return values;
};

const summaryFormats: readonly SummaryFormat[] = ['gz', 'bz2', 'zst'];

/** The forms of pkg_summary in their usual order, each once. */
export const resolveSummary = (values: FileValues['summary'], complain: Complain): Config['summary'] => {
  for (const [index, text] of values.formats.entries()) {
    if (summaryFormats.some((format) => format === text)) continue;
    const path = ['summary', 'formats', String(index)];
    complain(path, { what: `${JSON.stringify(text)} is no form of it`, todo: 'give gz, bz2 or zst' });
  }
  return {
    formats: summaryFormats.filter((format) => values.formats.includes(format)),
    checksums: values.checksums,
    includeRestricted: values.include_restricted,
  };
};
