import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { useContentDir, writeConfig } from './scratch.ts';

const content = useContentDir();

it('a configuration takes every key', async () => {
  const directory = content();
  mkdirSync(join(directory, 'tree'));
  mkdirSync(join(directory, 'ro'));
  mkdirSync(join(directory, 'rw'));
  writeFileSync(join(directory, 'kit.tgz'), '');
  writeFileSync(join(directory, 'list'), '# ours\nlang/perl5\n\n  net/curl  # for all\nlang/perl5\n');
  const config = await loadConfig(
    writeConfig(
      directory,
      `
      [paths]
      pkgsrc = "./tree/"
      packages = "${directory}/p/x86_64"
      state = "${directory}/s"
      [pkgsrc]
      make = "/opt/pkg/bin/bmake"
      bootstrap_kit = "kit.tgz"
      prefix = "/opt/pkg/"
      build_user = "builder"
      pkgpaths = ["devel/gmake", "lang/perl5"]
      limited_list = "list"
      inherit = ["HTTPS_PROXY"]
      [pkgsrc.variables]
      PKG_DEVELOPER = "yes"
      PKG_DEFAULT_OPTIONS = "-ldap"
      [tree]
      url = "git@example.org:pkgsrc.git"
      branch = "pkgsrc-2026Q3"
      [build]
      cores = 8
      scan_procs = 3
      scan_cache = false
      skip_age_check = true
      fetch_tries = 5
      keep_wrkdir = true
      keep_prefix = true
      save = ["*/config.log", ".work.log"]
      [limits]
      cpu = 7200
      files = 1024
      processes = 500
      memory = 4096
      file_size = 2048
      memory_total = 16384
      processes_total = 2000
      disk = 65536
      nice = 10
      package_size = 4096
      [limits.packages."lang/rust*"]
      memory_total = 32768
      jobs = 4
      timeout_factor = 2.5
      [limits.packages.gcc12]
      cpu = 0
      [hooks]
      before_build = ["/bin/sh", "-c", "true"]
      before_package = ["/opt/hook"]
      [mesh]
      key = "secret/key"
      listen = ["192.0.2.7", "[::]:0", "192.0.2.7:28550"]
      join = ["Build1", "[2001:db8::1]:7000"]
      advertise = ["198.51.100.1:99"]
      name = "build-2.example"
      shared = true
      coordinate = "prefer"
      [metrics]
      listen = "[::]:9100"
      token = "secret/token"
      [summary]
      formats = ["zst", "gz"]
      checksums = false
      include_restricted = true
      [sandbox]
      driver = "script"
      chroot_dir = "chroots/pkgsrc"
      chroot_create = ["/bin/mkdir", "-p"]
      chroot_delete = ["/bin/rm", "-r"]
      storage = "tmpfs"
      work_memory = 2000
      dependency_layers = 7
      system_dirs = ["/usr", "/nowhere"]
      first_uid = 3000000
      ro_dirs = ["ro"]
      rw_dirs = ["rw"]
      spare = 2
      keep_failed = 1
      keep_hours = 2
      keep_size = 4
      [report]
      subject_prefix = "pkgsrc 2026Q4"
      base_url = "https://example.org/reports/"
      graph_limit = 0`,
    ),
  );
  expect(config.paths).toMatchObject({
    pkgsrc: join(directory, 'tree'),
    packages: join(directory, 'p/x86_64'),
    state: join(directory, 's'),
  });
  expect(config.pkgsrc).toEqual({
    make: '/opt/pkg/bin/bmake',
    bootstrapKit: join(directory, 'kit.tgz'),
    prefix: '/opt/pkg',
    pkgDbdir: '/opt/pkg/pkgdb',
    buildUser: 'builder',
    pkgpaths: ['devel/gmake', 'lang/perl5', 'net/curl'],
    variables: { PKG_DEVELOPER: 'yes', PKG_DEFAULT_OPTIONS: '-ldap' },
    inherit: ['HTTPS_PROXY'],
  });
  expect(config.tree).toEqual({ url: 'git@example.org:pkgsrc.git', branch: 'pkgsrc-2026Q3' });
  expect(config.build).toEqual({
    cores: 8,
    slots: 4,
    scanProcs: 3,
    scanCache: false,
    skipAgeCheck: true,
    fetchTries: 5,
    keepWrkdir: true,
    keepPrefix: true,
    save: ['*/config.log', '.work.log'],
  });
  expect(config.limits).toEqual({
    cpuSeconds: 7200,
    files: 1024,
    processes: 500,
    memoryMiB: 4096,
    fileSizeMiB: 2048,
    memoryTotalMiB: 16384,
    processesTotal: 2000,
    diskMiB: 65536,
    nice: 10,
    packageSizeMiB: 4096,
    packages: [
      { pattern: 'lang/rust*', values: { memoryTotalMiB: 32768, jobs: 4, timeoutFactor: 2.5 } },
      { pattern: 'gcc12', values: { cpuSeconds: 0 } },
    ],
  });
  expect(config.hooks).toEqual({
    beforeBuild: ['/bin/sh', '-c', 'true'],
    afterBuild: [],
    beforePackage: ['/opt/hook'],
    afterPackage: [],
  });
  expect(config.mesh).toEqual({
    keyFile: join(directory, 'secret/key'),
    listen: ['192.0.2.7:28550', '[::]:0'],
    join: ['build1:28550', '[2001:db8::1]:7000'],
    advertise: ['198.51.100.1:99'],
    name: 'build-2.example',
    sharedFiles: true,
    coordinate: 'prefer',
  });
  expect(config.metrics).toEqual({ listen: '[::]:9100', tokenFile: join(directory, 'secret/token') });
  expect(config.summary).toEqual({ formats: ['gz', 'zst'], checksums: false, includeRestricted: true });
  expect(config.sandbox).toEqual({
    driver: 'script',
    chrootDir: join(directory, 'chroots/pkgsrc'),
    chrootCreate: ['/bin/mkdir', '-p'],
    chrootDelete: ['/bin/rm', '-r'],
    storage: 'tmpfs',
    workMemoryMiB: 2000,
    dependencyLayersGiB: 7,
    systemDirs: ['/usr', '/nowhere'],
    firstUid: 3000000,
    roDirs: [join(directory, 'ro')],
    rwDirs: [join(directory, 'rw')],
    spare: 2,
    keepFailed: 1,
    keepHours: 2,
    keepGiB: 4,
  });
  expect(config.report).toEqual({
    subjectPrefix: 'pkgsrc 2026Q4',
    baseUrl: 'https://example.org/reports',
    graphLimit: 0,
  });
});
