import { z } from 'zod';

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
});

const sandbox = z.strictObject({
  driver: z
    .enum(['auto', 'linux', 'none'])
    .default('auto')
    .meta({
      description:
        'linux: namespaces and an overlay per slot. none: no isolation at all, builds see and change ' +
        'this host. auto: linux where this host allows it, else none with a warning.',
    }),
  storage: z
    .enum(['disk', 'tmpfs'])
    .default('disk')
    .meta({ description: 'Where what a build writes lives: below paths.state on the disk, or in memory.' }),
  system_dirs: list(
    systemDirs,
    'Directories of this host that every sandbox sees. Writes go to a layer that is dropped. Absent ones ' +
      'are left out.',
  ),
  ro_dirs: list([], 'More directories of this host that every sandbox sees and cannot write.'),
  rw_dirs: list(
    [],
    'Directories of this host that every sandbox shares AND CAN CHANGE. Think twice: a build can break them.',
  ),
});

const report = z.strictObject({
  subject_prefix: text('pkgsrc', 'First words of the title of a report and of the subject of its mail.'),
  base_url: text(
    '',
    'Where the reports will be published, as http(s) URL: links in report.txt start with it.',
  ),
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
  build: build.prefault({}).meta({ description: 'How much of this host builds may take.' }),
  sandbox: sandbox.prefault({}).meta({ description: 'The clean rooms that packages are built in.' }),
  report: report.prefault({}).meta({ description: 'The report at the end of a build.' }),
});

/** A file that fits the schema, with the fixed defaults filled in. */
export type FileValues = z.infer<typeof fileSchema>;
