import { z } from 'zod';
import { limitsSchema } from './limitsSchema.ts';
import { meshSchema } from './meshSchema.ts';
import { metricsSchema } from './metricsSchema.ts';

/** Beside the description, what the template and the reference page say of a key. */
interface KeyMeta {
  readonly description: string;
  /** For a key without a fixed default: what holds when it is absent. */
  readonly absent?: string;
  /** For a key without a fixed default: a value to show. */
  readonly example?: string | number;
}

const text = (value: string, description: string) => z.string().default(value).meta({ description });
const optionalText = (meta: KeyMeta) =>
  z
    .string()
    .optional()
    .meta({ ...meta });
const optionalCount = (max: number, meta: KeyMeta) =>
  z
    .int()
    .min(1)
    .max(max)
    .optional()
    .meta({ ...meta });
const flag = (value: boolean, description: string) => z.boolean().default(value).meta({ description });
const count = (value: number, min: number, max: number, description: string) =>
  z.int().min(min).max(max).default(value).meta({ description });
const list = (value: readonly string[], description: string) =>
  z
    .array(z.string())
    .default([...value])
    .meta({ description });

const systemDirs = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/usr', '/etc'];

const paths = z.strictObject({
  pkgsrc: text('pkgsrc', 'The pkgsrc tree. It must be there.'),
  packages: text('packages', 'Binary packages (PACKAGES): they end up in the directory All below it.'),
  distfiles: text('distfiles', 'Source archives (DISTDIR).'),
  bulklog: text('bulklog', 'Logs of packages that failed, a directory for each, and reports, in meta.'),
  state: text(
    'bulkmesh',
    'What the agent keeps for itself: its database, its control socket, the unpacked bootstrap kit, the ' +
      'sandboxes. A directory of its own on a local disk of this host, never on NFS.',
  ),
});

const pkgsrc = z.strictObject({
  make: optionalText({
    description: 'make, as an absolute path inside a sandbox.',
    absent: 'bin/bmake of the bootstrap kit, else the bmake of this host',
    example: '/usr/pkg/bin/bmake',
  }),
  bootstrap_kit: optionalText({
    description:
      'Tarball that pkgsrc/bootstrap/bootstrap wrote with --gzip-binary-kit: pkg_install and make for a ' +
      'clean prefix.',
    absent: 'no kit: make and pkg_* are those of the system, as on NetBSD',
    example: 'packages/bootstrap/bootstrap.tar.gz',
  }),
  prefix: text('/usr/pkg', 'Where packages install (LOCALBASE). Empty in every new sandbox but for the kit.'),
  pkg_dbdir: optionalText({
    description: 'The database of installed packages (PKG_DBDIR), as the bootstrap kit has it.',
    absent: 'pkgdb below the prefix',
    example: '/usr/pkg/pkgdb',
  }),
  build_user: text('pbulk', 'Account for every stage that needs no root. Never root itself.'),
  pkgpaths: list(
    [],
    'What to build, with all that it depends on: ["lang/perl5", ...]. Empty: the whole tree.',
  ),
  limited_list: optionalText({
    description: 'A file with more PKGPATHs, one a line; what follows a # is a comment.',
    absent: 'only pkgpaths counts',
    example: 'limited_list',
  }),
  variables: z
    .record(z.string(), z.string())
    .default({})
    .meta({
      description:
        'Variables that every call of make gets in its environment, after those that bulkmesh sets itself. ' +
        'Values are strings. What mk.conf sets with a plain = wins over them.',
    }),
  inherit: list(
    [],
    'Names of variables that builds get as the agent has them (a proxy, say). All others are kept from builds.',
  ),
});

const tree = z.strictObject({
  url: text('https://github.com/NetBSD/pkgsrc.git', 'Where `bulkmesh tree` clones pkgsrc from, with git.'),
  branch: text('trunk', 'The branch or tag of it, such as pkgsrc-2026Q3.'),
});

const build = z.strictObject({
  slots: optionalCount(512, {
    description:
      'Sandboxes that build at the same time. More slots fill the cores during configure and other ' +
      'single-threaded steps; fewer leave more jobs to each package.',
    absent: 'half of the cores, at least 2',
    example: 4,
  }),
  cores: optionalCount(4096, {
    description: 'Cores that all builds of this host together may use.',
    absent: 'all that this process may use',
    example: 8,
  }),
  scan_procs: optionalCount(1024, {
    description: 'make processes that scan the tree at the same time.',
    absent: 'as many as cores',
    example: 8,
  }),
  scan_cache: flag(true, 'Take what an earlier scan gave for every path that nothing has changed for.'),
  skip_age_check: flag(
    false,
    'Keep a package though one that it was built with has been built again since, as long as the version is the same.',
  ),
  fetch_tries: count(3, 1, 20, 'How often the fetch of distribution files is tried, with growing pauses.'),
  keep_wrkdir: flag(false, 'Pack the work directory of a package that fails into its log directory.'),
  keep_prefix: flag(false, 'Pack the prefix of a package that fails after it was installed, likewise.'),
  save: list(
    [],
    'Files below the work directory to keep beside the logs of a package that fails: shell patterns such as ' +
      '"*/config.log".',
  ),
});

const SECONDS_MAX = 30 * 86_400;
const silence = (seconds: number, what: string) =>
  count(seconds, 0, SECONDS_MAX, `Seconds without output, and without work, of ${what}. 0: no limit.`);

const watchdog = z.strictObject({
  silence_clean: silence(1200, 'make clean, before a package and after it'),
  silence_depends: silence(900, 'the installation of dependencies'),
  silence_fetch: silence(480, 'a fetch: bytes that arrive count as output'),
  silence_checksum: silence(1200, 'checksums'),
  silence_configure: silence(2100, 'extract, patch and configure'),
  silence_build: silence(3600, 'the stage build'),
  silence_install: silence(1200, 'the installation into the work area, and of the removal of a package'),
  silence_package: silence(4800, 'the making of a package and of its installation to try it'),
  silence_hooks: silence(3600, 'a hook of your own'),
  total: count(
    86_400,
    0,
    SECONDS_MAX,
    'Seconds that all stages of a package may take together. 0: no limit.',
  ),
  learned_factor: count(
    4,
    0,
    1000,
    'A package may take so many times as long as the slowest of its last ten builds. 0: only `total` counts.',
  ),
  learned_floor: count(1800, 0, SECONDS_MAX, 'But no package gets less than these seconds by that rule.'),
  flood_rate: count(5, 0, 100_000, 'MiB a second into a log that are too much. 0: any rate.'),
  flood_seconds: count(60, 1, SECONDS_MAX, 'For so long, on the average.'),
  repeats: count(100_000, 0, 1_000_000_000, 'Equal lines in a row that are too much. 0: any number.'),
  log_size: count(
    64,
    1,
    1024,
    'MiB that a log may keep: a quarter of its beginning, the rest of its end, while it grows as well.',
  ),
});

const hooks = z.strictObject({
  before_build: list(
    [],
    'A program (its absolute path) with its arguments that runs on this host before a bulk build begins.',
  ),
  after_build: list([], 'The same for its end, when the report is written.'),
  before_package: list(
    [],
    'A program (its absolute path) with its arguments that runs as root in the sandbox before each package, with the record of the ' +
      'package on standard input. When it fails, so does the attempt, never the package.',
  ),
  after_package: list([], 'The same after each package, whatever became of it.'),
});

const summary = z.strictObject({
  formats: list(
    ['gz', 'bz2', 'zst'],
    'Forms of pkg_summary to write: gz, bz2 (by the bzip2 of the host), zst.',
  ),
  checksums: flag(true, 'Write SHA512.bz2 with the checksums of packages and summaries.'),
  include_restricted: flag(false, 'List packages in them that may not be offered (NO_BIN_ON_FTP).'),
});

const sandbox = z.strictObject({
  driver: z
    .enum(['auto', 'linux', 'mounts', 'script', 'none'])
    .default('auto')
    .meta({
      description:
        'linux: namespaces and an overlay per slot. mounts: a chroot over mounts of this host, also on BSD, illumos ' +
        'and macOS. script: a chroot that your own programs make. none: no isolation at all, builds see and change ' +
        'this host. auto: linux where this host allows it, else mounts for root, else none, with a warning.',
    }),
  chroot_dir: optionalText({
    description:
      'Where the chroots of the drivers mounts and script lie, as pbulk has it: /chroot/pkgsrc gives ' +
      '/chroot/pkgsrc-build-1 and so on. Script needs it.',
    absent: 'below paths.state',
    example: '/chroot/pkgsrc',
  }),
  chroot_create: list(
    [],
    'Driver script: a program (its absolute path) with arguments that makes a chroot; the directory, which does ' +
      'not exist yet, follows.',
  ),
  chroot_delete: list([], 'Driver script: the program that removes a chroot; the directory follows.'),
  storage: z
    .enum(['auto', 'disk', 'tmpfs'])
    .default('auto')
    .meta({
      description:
        'Where what a build writes lives. disk: below paths.state. tmpfs: in memory. auto: on the disk, but the ' +
        'work area of a package that is known to need little of it in memory, as far as work_memory goes.',
    }),
  work_memory: z.int().min(0).max(100_000_000).optional().meta({
    description: 'MiB of memory that all work areas in memory together may take, with storage auto. 0: none.',
    absent: 'a quarter of the memory',
    example: 4096,
  }),
  dependency_layers: count(
    10,
    0,
    100_000,
    'GiB of disk below paths.state for dependencies that were installed once and are shown to other packages in place ' +
      'of being installed again (driver linux). 0: each package installs its own.',
  ),
  system_dirs: list(
    systemDirs,
    'Directories of this host that every sandbox sees. Writes go to a layer that is dropped; in driver mounts they ' +
      'are read-only, and /etc is a copy. Absent ones are left out.',
  ),
  first_uid: z
    .int()
    .min(0)
    .max(4_000_000_000)
    .optional()
    .meta({
      description:
        'The first of 7040 user ids that nobody on this host has. Each slot builds as one of them, so that no package can ' +
        'signal or trace another one; inside it is the build user all the same. Files of the build user on this host are ' +
        'then not its own in a sandbox (driver linux, as root). 0: all slots build as the build user.',
      absent: '2090000; 0 where those are taken, there are rw_dirs, or only the build user may read the tree',
      example: 2_090_000,
    }),
  ro_dirs: list([], 'More directories of this host that every sandbox sees and cannot write.'),
  rw_dirs: list(
    [],
    'Directories of this host that every sandbox shares AND CAN CHANGE. Think twice: a build can break them.',
  ),
  spare: count(
    1,
    0,
    16,
    'Sandboxes that are made ahead, beyond those that build: the next package starts in one of them, while ' +
      'the one before it is still being cleaned away. Drivers script and none have no spare ones.',
  ),
  keep_failed: count(
    3,
    0,
    1000,
    'Sandboxes of packages that failed to keep, the newest, so that `bulkmesh sandbox enter PKGNAME` leads into them. 0: none.',
  ),
  keep_hours: count(8, 1, 8760, 'How long each of them is kept.'),
  keep_size: count(10, 1, 100_000, 'GiB of disk that all of them together may take.'),
});

const report = z.strictObject({
  subject_prefix: text('pkgsrc', 'First words of the title of a report and of the subject of its mail.'),
  base_url: text(
    '',
    'Where the reports will be published, as http(s) URL: links in report.txt start with it.',
  ),
  graph_limit: count(512, 0, 100_000, 'Draw report.svg only for graphs with fewer edges than this.'),
});

/**
 * The configuration file as it is written: TOML, every key optional, no key unknown. Keys are as users see
 * them.
 */
export const fileSchema = z.strictObject({
  paths: paths.prefault({}).meta({
    description: 'Directories. A relative path starts at the directory of this file.',
  }),
  pkgsrc: pkgsrc.prefault({}).meta({ description: 'How pkgsrc is set up, and what to build.' }),
  tree: tree.prefault({}).meta({ description: 'Where the pkgsrc tree comes from.' }),
  build: build.prefault({}).meta({ description: 'How much of this host builds may take.' }),
  sandbox: sandbox.prefault({}).meta({ description: 'The clean rooms that packages are built in.' }),
  limits: limitsSchema.prefault({}).meta({
    description: 'What a build may take: one process, as ulimit has it, and all of a sandbox together.',
  }),
  watchdog: watchdog.prefault({}).meta({
    description:
      'When a package that hangs, or prints without end, is killed. Times are stretched on a host that is slow or ' +
      'loaded; who prints nothing but works has four times as long.',
  }),
  hooks: hooks.prefault({}).meta({ description: 'Programs of your own that run beside a build.' }),
  mesh: meshSchema.prefault({}).meta({ description: 'Other hosts that build together with this one.' }),
  metrics: metricsSchema.prefault({}).meta({ description: 'Figures of the agent, for Prometheus.' }),
  summary: summary.prefault({}).meta({ description: 'What describes the repository of packages.' }),
  report: report.prefault({}).meta({ description: 'The report at the end of a build.' }),
});

/** A file that fits the schema, with the fixed defaults filled in. */
export type FileValues = z.infer<typeof fileSchema>;
