import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config, SummaryFormat } from './config.ts';
import { type Complain, checkTogether } from './consistency.ts';
import type { FileValues } from './fileSchema.ts';
import { readLimitedList } from './limitedList.ts';
import { checkPathNeed, checkPathText, type PathNeed, resolvePath } from './pathCheck.ts';
import type { Problem } from './problem.ts';
import {
  checkAccount,
  checkOwnedDir,
  checkPkgpath,
  checkSubject,
  checkUrl,
  checkVariable,
} from './valueCheck.ts';

/** A configuration, good as far as `problems` is empty. */
export interface ResolvedConfig {
  readonly config: Config;
  readonly problems: readonly Problem[];
}

/** Fills in what depends on the host, makes paths absolute, and checks what a schema cannot. */
export const resolveConfig = async (file: string, values: FileValues): Promise<ResolvedConfig> => {
  const problems: Problem[] = [];
  const complain: Complain = (path, complaint) => {
    if (complaint !== undefined) problems.push({ path, ...complaint });
  };
  const paths = makePathResolver(dirname(file), complain);
  const config: Config = {
    file,
    paths: {
      pkgsrc: await paths(['paths', 'pkgsrc'], values.paths.pkgsrc, 'directory'),
      packages: await paths(['paths', 'packages'], values.paths.packages, 'directory or nothing'),
      distfiles: await paths(['paths', 'distfiles'], values.paths.distfiles, 'directory or nothing'),
      bulklog: await paths(['paths', 'bulklog'], values.paths.bulklog, 'directory or nothing'),
      state: await paths(['paths', 'state'], values.paths.state, 'directory or nothing'),
    },
    pkgsrc: await resolvePkgsrc(values.pkgsrc, paths, complain, problems),
    tree: values.tree,
    build: resolveBuild(values.build),
    limits: resolveLimits(values.limits),
    hooks: resolveHooks(values.hooks),
    summary: resolveSummary(values.summary, complain),
    sandbox: await resolveSandbox(values.sandbox, paths),
    report: {
      subjectPrefix: values.report.subject_prefix,
      baseUrl: values.report.base_url.replace(/\/+$/, ''),
      graphLimit: values.report.graph_limit,
    },
  };
  complain(['report', 'base_url'], checkUrl(values.report.base_url));
  complain(['report', 'subject_prefix'], checkSubject(values.report.subject_prefix));
  const bad = new Set(problems.map((problem) => problem.path.slice(0, 2).join('.')));
  checkTogether(config, bad, complain);
  return { config, problems };
};

type ResolvePath = (path: readonly string[], text: string, need: PathNeed) => Promise<string>;

const makePathResolver =
  (base: string, complain: Complain): ResolvePath =>
  async (path, text, need) => {
    const full = resolvePath(base, text);
    const wrong = checkPathText(text) ?? checkPathText(full) ?? (await checkPathNeed(full, need));
    complain(path, wrong ?? (full === '/' ? { what: 'is /', todo: 'give a directory below it' } : undefined));
    return full;
  };

const resolvePkgsrc = async (
  values: FileValues['pkgsrc'],
  paths: ResolvePath,
  complain: Complain,
  problems: Problem[],
): Promise<Config['pkgsrc']> => {
  const { make, bootstrap_kit: kit, limited_list: listFile } = values;
  const inside = (key: string, text: string): string => {
    const full = resolvePath('/', text);
    complain(['pkgsrc', key], checkPathText(text) ?? checkOwnedDir(text.startsWith('/') ? full : text));
    return full;
  };
  const prefix = inside('prefix', values.prefix);
  const dbdir = values.pkg_dbdir;
  const pkgDbdir = dbdir === undefined ? join(prefix, 'pkgdb') : inside('pkg_dbdir', dbdir);
  if (make !== undefined) {
    const relative = { what: `${JSON.stringify(make)} is not absolute`, todo: 'write the whole path' };
    complain(['pkgsrc', 'make'], checkPathText(make) ?? (make.startsWith('/') ? undefined : relative));
  }
  complain(['pkgsrc', 'build_user'], checkAccount(values.build_user));
  for (const [index, text] of values.pkgpaths.entries()) {
    complain(['pkgsrc', 'pkgpaths', String(index)], checkPkgpath(text));
  }
  for (const [name, value] of Object.entries(values.variables)) {
    complain(['pkgsrc', 'variables', name], checkVariable(name, value));
  }
  const bootstrapKit = kit === undefined ? undefined : await paths(['pkgsrc', 'bootstrap_kit'], kit, 'file');
  const listed = listFile === undefined ? [] : await readList(listFile, paths, problems);
  const pkgpaths = [...new Set([...values.pkgpaths, ...listed])];
  const { build_user: buildUser, variables, inherit } = values;
  return { make, bootstrapKit, prefix, pkgDbdir, buildUser, pkgpaths, variables, inherit };
};

const readList = async (
  text: string,
  paths: ResolvePath,
  problems: Problem[],
): Promise<readonly string[]> => {
  const before = problems.length;
  const key = ['pkgsrc', 'limited_list'];
  const file = await paths(key, text, 'file');
  if (problems.length > before) return [];
  try {
    const list = await readLimitedList(file);
    problems.push(...list.problems);
    if (list.pkgpaths.length === 0 && list.problems.length === 0) {
      problems.push({ path: key, what: `${file} names no package`, todo: 'fill it, or remove this key' });
    }
    return list.pkgpaths;
  } catch (error) {
    problems.push({ path: key, what: `cannot be read (${String(error)})`, todo: 'correct its permissions' });
    return [];
  }
};

const resolveBuild = (values: FileValues['build']): Config['build'] => {
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

const resolveLimits = (values: FileValues['limits']): Config['limits'] => ({
  cpuSeconds: values.cpu,
  files: values.files,
  processes: values.processes,
  memoryMiB: values.memory,
  fileSizeMiB: values.file_size,
});

const resolveHooks = (values: FileValues['hooks']): Config['hooks'] => ({
  beforeBuild: values.before_build,
  afterBuild: values.after_build,
  beforePackage: values.before_package,
  afterPackage: values.after_package,
});

const summaryFormats: readonly SummaryFormat[] = ['gz', 'bz2', 'zst'];

const resolveSummary = (values: FileValues['summary'], complain: Complain): Config['summary'] => {
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

const resolveSandbox = async (
  values: FileValues['sandbox'],
  paths: ResolvePath,
): Promise<Config['sandbox']> => {
  const all = (key: string, list: readonly string[], need: PathNeed): Promise<readonly string[]> =>
    Promise.all(list.map((text, index) => paths(['sandbox', key, String(index)], text, need)));
  return {
    driver: values.driver,
    storage: values.storage,
    systemDirs: await all('system_dirs', values.system_dirs, 'directory or nothing'),
    roDirs: await all('ro_dirs', values.ro_dirs, 'directory'),
    rwDirs: await all('rw_dirs', values.rw_dirs, 'directory'),
  };
};
