import type { Config } from './config.ts';
import { type KeyInfo, listSections } from './keys.ts';
import { listLimits, renderPackageLimits } from './limits.ts';
import { renderValue, type TemplateValues } from './template.ts';

/**
 * A configuration as it holds, as a file: every key with its value, defaults filled in, paths absolute, the packages
 * of limited_list among pkgpaths. Loaded again it is the same configuration. A key that holds nothing stands in a
 * comment with what that means.
 */
export const renderEffective = (config: Config): string => {
  const values = listValues(config);
  const sections = listSections().map(({ name, keys }) => {
    const plain = keys.filter(({ type }) => type !== 'table of texts' && type !== 'table of sections');
    return [`[${name}]`, ...plain.map((key) => renderKey(key, values))].join('\n');
  });
  const variables = Object.entries(config.pkgsrc.variables).map(
    ([name, text]) => `${name} = ${renderValue(text)}`,
  );
  const table = variables.length === 0 ? [] : [['[pkgsrc.variables]', ...variables].join('\n')];
  const packages = renderPackageLimits(config.limits.packages);
  return `${[`# ${config.file}`, ...sections, ...table, ...packages].join('\n\n')}\n`;
};

const renderKey = ({ section, name, absent }: KeyInfo, values: TemplateValues): string => {
  const value = values[`${section}.${name}`];
  if (value !== undefined) return `${name} = ${renderValue(value)}`;
  return `# ${name}: ${absent}`;
};

const listValues = (config: Config): TemplateValues => ({
  ...listPlaces(config),
  ...listBuild(config),
  ...listWatchdog(config),
  'hooks.before_build': config.hooks.beforeBuild,
  'hooks.after_build': config.hooks.afterBuild,
  'hooks.before_package': config.hooks.beforePackage,
  'hooks.after_package': config.hooks.afterPackage,
  ...listMesh(config.mesh),
  ...listMetrics(config.metrics),
  'summary.formats': config.summary.formats,
  'summary.checksums': config.summary.checksums,
  'summary.include_restricted': config.summary.includeRestricted,
  'report.subject_prefix': config.report.subjectPrefix,
  'report.base_url': config.report.baseUrl,
  'report.graph_limit': config.report.graphLimit,
});

const listPlaces = ({ paths, pkgsrc, tree, sandbox }: Config): TemplateValues => ({
  'paths.pkgsrc': paths.pkgsrc,
  'paths.packages': paths.packages,
  'paths.distfiles': paths.distfiles,
  'paths.bulklog': paths.bulklog,
  'paths.state': paths.state,
  ...(pkgsrc.make === undefined ? {} : { 'pkgsrc.make': pkgsrc.make }),
  ...(pkgsrc.bootstrapKit === undefined ? {} : { 'pkgsrc.bootstrap_kit': pkgsrc.bootstrapKit }),
  'pkgsrc.prefix': pkgsrc.prefix,
  'pkgsrc.pkg_dbdir': pkgsrc.pkgDbdir,
  'pkgsrc.build_user': pkgsrc.buildUser,
  'pkgsrc.pkgpaths': pkgsrc.pkgpaths,
  'pkgsrc.inherit': pkgsrc.inherit,
  'tree.url': tree.url,
  'tree.branch': tree.branch,
  'sandbox.driver': sandbox.driver,
  ...(sandbox.chrootDir === undefined ? {} : { 'sandbox.chroot_dir': sandbox.chrootDir }),
  'sandbox.chroot_create': sandbox.chrootCreate,
  'sandbox.chroot_delete': sandbox.chrootDelete,
  'sandbox.storage': sandbox.storage,
  ...(sandbox.workMemoryMiB === undefined ? {} : { 'sandbox.work_memory': sandbox.workMemoryMiB }),
  'sandbox.dependency_layers': sandbox.dependencyLayersGiB,
  'sandbox.system_dirs': sandbox.systemDirs,
  ...(sandbox.firstUid === undefined ? {} : { 'sandbox.first_uid': sandbox.firstUid }),
  'sandbox.ro_dirs': sandbox.roDirs,
  'sandbox.rw_dirs': sandbox.rwDirs,
  'sandbox.spare': sandbox.spare,
  'sandbox.keep_failed': sandbox.keepFailed,
  'sandbox.keep_hours': sandbox.keepHours,
  'sandbox.keep_size': sandbox.keepGiB,
});

const listBuild = ({ build, limits }: Config): TemplateValues => ({
  'build.slots': build.slots,
  'build.cores': build.cores,
  'build.scan_procs': build.scanProcs,
  'build.scan_cache': build.scanCache,
  'build.skip_age_check': build.skipAgeCheck,
  'build.fetch_tries': build.fetchTries,
  'build.keep_wrkdir': build.keepWrkdir,
  'build.keep_prefix': build.keepPrefix,
  'build.save': build.save,
  ...listLimits(limits),
});

const listMesh = (mesh: Config['mesh']): TemplateValues => ({
  'mesh.key': mesh.keyFile,
  'mesh.listen': mesh.listen,
  'mesh.join': mesh.join,
  'mesh.advertise': mesh.advertise,
  'mesh.name': mesh.name,
  'mesh.shared': mesh.sharedFiles,
  'mesh.coordinate': mesh.coordinate,
});

const listMetrics = ({ listen, tokenFile }: Config['metrics']): TemplateValues => ({
  ...(listen === undefined ? {} : { 'metrics.listen': listen }),
  ...(tokenFile === undefined ? {} : { 'metrics.token': tokenFile }),
});

const listWatchdog = ({ watchdog }: Config): TemplateValues => ({
  ...Object.fromEntries(
    Object.entries(watchdog.silenceSeconds).map(([word, seconds]) => [`watchdog.silence_${word}`, seconds]),
  ),
  'watchdog.total': watchdog.totalSeconds,
  'watchdog.learned_factor': watchdog.learnedFactor,
  'watchdog.learned_floor': watchdog.learnedFloorSeconds,
  'watchdog.flood_rate': watchdog.floodMiBPerSecond,
  'watchdog.flood_seconds': watchdog.floodSeconds,
  'watchdog.repeats': watchdog.repeats,
  'watchdog.log_size': watchdog.logMiB,
});
