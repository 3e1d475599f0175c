/** How the text of a setting becomes the value of a key. */
export type Form =
  | 'path'
  | 'text'
  | 'url'
  | 'count'
  /** `yes` is true. */
  | 'yes'
  /** `no` and `NO` are false. */
  | 'not no'
  /** Looked at by hand, in `mapping.ts`. */
  | 'special';

/** What one setting of pbulk.conf means here. */
export interface Meaning {
  /** `section.key` of bulkmesh.toml. */
  readonly key?: string;
  readonly form?: Form;
  /** What to know when it is set: it has no meaning here, or another one. */
  readonly remark?: string;
  /** Values of which nothing need be said. */
  readonly usual?: readonly string[];
  /** True: what would be built is not what the file asks for, so nothing is built by it. */
  readonly isRefused?: boolean;
}

const ports = 'no port is opened for it: there is no master';
const ownTool = 'the path is not used: bulkmesh does this itself, or finds the tool in the usual directories';
const publish =
  'bulkmesh does not publish yet: a program of yours in hooks.after_build can, when all is written';
const chroots =
  'run for each package, not once for a build: with sandbox.driver = "auto" bulkmesh makes chroots itself, and faster';
const manta = `Manta is not known: ${publish}`;
const ownStep = 'a step of pbulk that is replaced is not run here; programs of your own go into [hooks]';
const crossing = 'bulkmesh does not cross-compile';
const kitTools = 'the pkg_* tools are those of the bootstrap kit or of the system, as mk.conf says';
const rehearsed = 'not needed: scans run in a sandbox that is made for them';

/** What pbulk.conf can set and what it means here: one row a name. 2014's names, Joyent's, and later upstream's. */
export const meanings: Readonly<Record<string, Meaning>> = {
  config_version: { remark: 'not compared: files of all versions are read' },
  base_url: { key: 'report.base_url', form: 'url' },
  reuse_scan_results: {
    key: 'build.scan_cache',
    form: 'yes',
    remark: 'what is reused is decided by the content of what each path was made from, not by its age',
  },
  master_mode: {
    form: 'special',
    remark: 'there is no master: every host runs the same agent, and build.slots says how much it builds',
  },
  master_ip: { remark: 'no master: agents find each other' },
  scan_clients: {
    form: 'special',
    remark: 'nothing is started by ssh: start "bulkmesh agent" on each of these hosts',
  },
  build_clients: {
    form: 'special',
    remark: 'nothing is started by ssh: start "bulkmesh agent" on each of these hosts',
  },
  master_port_scan: { remark: ports },
  master_port_build: { remark: ports },
  pkg_rsync_args: { remark: publish },
  pkg_rsync_target: { remark: publish },
  report_rsync_args: { remark: publish },
  report_rsync_target: { remark: publish },
  report_subject_prefix: { key: 'report.subject_prefix', form: 'text' },
  report_recipients: { remark: 'bulkmesh sends no mail yet: bulklog/meta has report.txt to send' },
  bootstrapkit: { key: 'pkgsrc.bootstrap_kit', form: 'special' },
  limited_list: { key: 'pkgsrc.limited_list', form: 'path' },
  ignore_missing_dependencies: {
    remark: 'always so: a dependency that nothing matches fails the packages that need it, and no others',
  },
  skip_age_check: {
    key: 'build.skip_age_check',
    form: 'yes',
    remark:
      'whether a package is older than a dependency is decided by recorded content, not by times of files',
    usual: ['no'],
  },
  report_graph_script_limit: { key: 'report.graph_limit', form: 'count' },
  unprivileged_user: { key: 'pkgsrc.build_user', form: 'text' },
  cross_compile: { remark: crossing, usual: ['no'], isRefused: true },
  target_arch: { form: 'special', remark: crossing },
  target_destdir: { form: 'special', remark: crossing },
  bulklog: { key: 'paths.bulklog', form: 'path' },
  packages: { key: 'paths.packages', form: 'path' },
  prefix: { key: 'pkgsrc.prefix', form: 'path' },
  pkgsrc: { key: 'paths.pkgsrc', form: 'path' },
  pkgdb: { key: 'pkgsrc.pkg_dbdir', form: 'path' },
  varbase: { remark: 'not cleaned: each sandbox has a /var of its own', usual: ['/var'] },
  pkg_info: { remark: kitTools },
  pkg_add: { remark: kitTools },
  pkg_delete: { remark: kitTools },
  pkg_admin: { remark: kitTools },
  bzip2: { remark: ownTool },
  digest: { remark: ownTool },
  gzip: { remark: ownTool },
  xz: { remark: ownTool },
  mail: { remark: ownTool },
  neato: { remark: ownTool },
  rsync: { remark: ownTool },
  sed: { remark: ownTool },
  tar: { remark: ownTool },
  make: { key: 'pkgsrc.make', form: 'special' },
  loc: { form: 'special', remark: 'state files and reports are in meta below bulklog, always' },
  pbuild: { remark: ownStep },
  presolve: { remark: ownStep },
  pscan: { remark: ownStep },
  keep_wrkdir: { key: 'build.keep_wrkdir', form: 'yes' },
  keep_prefix: { key: 'build.keep_prefix', form: 'yes' },
  pkg_up_to_date_script: { remark: ownStep },
  pbuild_script: { remark: ownStep },
  pbuild_start_script: { remark: ownStep },
  pscan_prepare: { remark: ownStep },
  pscan_start_script: { remark: ownStep },
  report_script: { remark: ownStep },
  report_html_script: { remark: ownStep },
  report_txt_script: { remark: ownStep },
  report_graph_script: { remark: ownStep },
  packages_script: { remark: ownStep },
  script_phase_pre_build: { remark: ownStep },
  script_phase_scan: { remark: ownStep },
  script_phase_build: { remark: ownStep },
  script_phase_report: { remark: ownStep },
  script_phase_upload: { remark: ownStep },
  checksum_packages: { key: 'summary.checksums', form: 'not no' },
  // Joyent's.
  chroot_create: { form: 'special', remark: chroots },
  chroot_delete: { form: 'special', remark: chroots },
  chroot_dir: { key: 'sandbox.chroot_dir', form: 'path' },
  build_chroots: { key: 'build.slots', form: 'count' },
  scan_chroots: {
    key: 'build.scan_procs',
    form: 'count',
    remark: 'scans share one sandbox: this is how many make processes run in it',
  },
  chroot_script: { remark: ownStep },
  MANTA_USER: { remark: manta },
  MANTA_KEY_ID: { remark: manta },
  MANTA_URL: { remark: manta },
  MANTA_PATH: { remark: manta },
  report_manta_target: { remark: manta },
  local_bulklog: { remark: 'logs are written by the agent of the host, straight to bulklog' },
  pkg_rsync_min: { remark: publish },
  pkg_rsync_required_pkgs: { remark: publish },
  script_phase_pre_upload: { remark: ownStep },
  // Upstream's of 2014 to 2026.
  scan_procs: { key: 'build.scan_procs', form: 'count' },
  client_prepare: { remark: rehearsed },
  client_prepare_action: { remark: rehearsed },
  client_prepare_chroot: { remark: rehearsed },
  client_clean_local: { remark: rehearsed },
  use_unprivileged_checksum: { remark: 'fetch and checksum run as root of the sandbox, always' },
  sync_buildlog: { remark: 'not run: logs are written to bulklog at once; see hooks.after_package' },
  sync_package: { remark: 'not run for each package: see hooks.after_package' },
  pkg_sufx: { remark: 'the suffix of packages is what the tree says (PKG_SUFX)', usual: ['.tgz'] },
};

/** All names of which something is known. */
export const knownNames = (): readonly string[] => Object.keys(meanings);
