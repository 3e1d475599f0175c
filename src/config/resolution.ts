import { dirname, join } from 'node:path';
import type { Config } from './config.ts';
import { type Complain, checkTogether } from './consistency.ts';
import type { FileValues } from './fileSchema.ts';
import { readLimitedList } from './limitedList.ts';
import { resolveLimits } from './limits.ts';
import { resolveMesh } from './mesh.ts';
import { resolveMetrics } from './metrics.ts';
import { checkPathNeed, checkPathText, type PathNeed, resolvePath } from './pathCheck.ts';
import type { Problem } from './problem.ts';
import { resolveBuild, resolveHooks, resolveSummary, resolveTree, resolveWatchdog } from './sections.ts';
import {
  checkAccount,
  checkInherited,
  checkOwnedDir,
  checkPkgpath,
  checkProgram,
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
  const base = dirname(file);
  const paths = makePathResolver(base, complain);
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
    tree: resolveTree(values.tree, complain),
    build: resolveBuild(values.build, complain),
    limits: resolveLimits(values.limits, complain),
    watchdog: resolveWatchdog(values.watchdog),
    hooks: await resolveHooks(values.hooks, complain),
    mesh: resolveMesh(values.mesh, { base, state: resolvePath(base, values.paths.state) }, complain),
    metrics: resolveMetrics(values.metrics, base, complain),
    summary: resolveSummary(values.summary, complain),
    sandbox: await resolveSandbox(values.sandbox, paths, complain),
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
  for (const [index, name] of values.inherit.entries()) {
    const twin = Object.hasOwn(values.variables, name)
      ? { what: `${name} is in [pkgsrc.variables] too`, todo: 'keep one of the two' }
      : undefined;
    complain(['pkgsrc', 'inherit', String(index)], checkInherited(name) ?? twin);
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

const resolveSandbox = async (
  values: FileValues['sandbox'],
  paths: ResolvePath,
  complain: Complain,
): Promise<Config['sandbox']> => {
  const all = (key: string, list: readonly string[], need: PathNeed): Promise<readonly string[]> =>
    Promise.all(list.map((text, index) => paths(['sandbox', key, String(index)], text, need)));
  return {
    driver: values.driver,
    ...(await resolveChroot(values, paths, complain)),
    storage: values.storage,
    workMemoryMiB: values.work_memory,
    dependencyLayersGiB: values.dependency_layers,
    systemDirs: await all('system_dirs', values.system_dirs, 'directory or nothing'),
    firstUid: values.first_uid,
    roDirs: await all('ro_dirs', values.ro_dirs, 'directory'),
    rwDirs: await all('rw_dirs', values.rw_dirs, 'directory'),
    spare: values.spare,
    keepFailed: values.keep_failed,
    keepHours: values.keep_hours,
    keepGiB: values.keep_size,
  };
};

const resolveChroot = async (
  values: FileValues['sandbox'],
  paths: ResolvePath,
  complain: Complain,
): Promise<Pick<Config['sandbox'], 'chrootDir' | 'chrootCreate' | 'chrootDelete'>> => {
  const { driver, chroot_dir: dir, chroot_create: chrootCreate, chroot_delete: chrootDelete } = values;
  for (const key of ['chroot_create', 'chroot_delete'] as const) {
    const [program] = values[key];
    const complaint = checkProgram(values[key]);
    complain(['sandbox', key], complaint);
    if (driver !== 'script' || complaint !== undefined) continue;
    const missing = { what: 'is not given, and driver script needs it', todo: 'name the program' };
    complain(['sandbox', key], program === undefined ? missing : await checkPathNeed(program, 'file'));
  }
  if (driver === 'script' && dir === undefined) {
    const what = 'is not given, and driver script needs it';
    complain(['sandbox', 'chroot_dir'], { what, todo: 'say where chroots are to lie, as /chroot/pkgsrc' });
  }
  const chrootDir =
    dir === undefined ? undefined : await paths(['sandbox', 'chroot_dir'], dir, 'directory or nothing');
  return { chrootDir, chrootCreate, chrootDelete };
};
