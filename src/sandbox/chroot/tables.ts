import type { ChrootSystem, ChrootWords, KernelPlace } from './system.ts';

const directories: ChrootSystem['directories'] = [
  ['/dev', 0o755],
  ['/proc', 0o755],
  ['/root', 0o700],
  ['/home', 0o755],
  ['/tmp', 0o1777],
  ['/var', 0o755],
  ['/var/db', 0o755],
  ['/var/log', 0o755],
  ['/var/spool', 0o755],
  ['/var/tmp', 0o1777],
];

/** BSD's chroot(8) takes the user itself; its groups are those given, none but the first. */
const bsdChroot: ChrootWords = {
  asRoot: ['/usr/sbin/chroot', '{dir}'],
  asUser: ['/usr/sbin/chroot', '-u', '{uid}', '-g', '{gid}', '-G', '{gid}', '{dir}'],
  become: 'nothing',
};

const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);

/** What root of any chroot can reach in /proc and would change the whole host with. */
const guarded = (path: string): KernelPlace => ({
  path,
  ifHostHas: path,
  commands: [['mount', '-o', 'bind,ro', '--make-private', path, '{target}']],
  isMount: true,
});

const linux: ChrootSystem = {
  name: 'linux',
  shown: undefined,
  copied: ['/etc'],
  // A thousand small files: in memory that takes a tenth of the time, and they never reach a disk.
  copyPlace: [['mount', '-t', 'tmpfs', '-o', 'nosuid,nodev,size=256m', 'bulkmesh', '{target}']],
  directories: [...directories, ['/run', 0o755], ['/sys', 0o755]],
  links: [['/var/run', '../run']],
  // A mount of its own, and private: what is mounted below shows in no other mount namespace of the host.
  root: {
    disk: [['mount', '--bind', '--make-private', '{target}', '{target}']],
    tmpfs: [['mount', '-t', 'tmpfs', '--make-private', '-o', 'mode=700', 'bulkmesh', '{target}']],
  },
  // Private as well: else what is unmounted here is unmounted at the source. Read-only takes mount(8) a second step,
  // which it knows since util-linux 2.27; one that does not is found out by the look at the mount table.
  show: {
    rw: [['mount', '--bind', '--make-private', '{source}', '{target}']],
    ro: [['mount', '-o', 'bind,ro', '--make-private', '{source}', '{target}']],
  },
  kernel: [
    {
      path: '/dev',
      commands: [
        ['mount', '-t', 'tmpfs', '-o', 'nosuid,mode=755,size=64k', 'tmpfs', '{target}'],
        ['cp', '-a', ...devices, '{target}/'],
        ['mkdir', '{target}/pts', '{target}/shm'],
        ['ln', '-s', '/proc/self/fd', '{target}/fd'],
        ['ln', '-s', '/proc/self/fd/0', '{target}/stdin'],
        ['ln', '-s', '/proc/self/fd/1', '{target}/stdout'],
        ['ln', '-s', '/proc/self/fd/2', '{target}/stderr'],
        ['ln', '-s', 'pts/ptmx', '{target}/ptmx'],
      ],
      isMount: true,
    },
    {
      path: '/dev/pts',
      commands: [
        ['mount', '-t', 'devpts', '-o', 'nosuid,newinstance,ptmxmode=0666,mode=620', 'devpts', '{target}'],
      ],
      isMount: true,
    },
    {
      path: '/dev/shm',
      commands: [['mount', '-t', 'tmpfs', '-o', 'nosuid,nodev,mode=1777,size=512m', 'tmpfs', '{target}']],
      isMount: true,
    },
    {
      path: '/proc',
      commands: [['mount', '-t', 'proc', '-o', 'nosuid,nodev,noexec', 'proc', '{target}']],
      isMount: true,
    },
    guarded('/proc/sys'),
    guarded('/proc/sysrq-trigger'),
  ],
  copyTree: ['cp', '-a', '--reflink=auto', '{source}/.', '{target}/'],
  chroot: { asRoot: ['/usr/sbin/chroot', '{dir}'], asUser: undefined, become: 'setpriv' },
};

const netbsd: ChrootSystem = {
  name: 'netbsd',
  shown: [
    ...['/bin', '/sbin', '/lib', '/libexec', '/rescue', '/usr/bin', '/usr/sbin', '/usr/lib', '/usr/libexec'],
    ...['/usr/include', '/usr/libdata', '/usr/share', '/usr/games', '/usr/X11R7', '/var/mail'],
  ],
  copied: ['/etc'],
  copyPlace: [],
  directories: [...directories, ['/var/run', 0o755]],
  links: [],
  root: { disk: [], tmpfs: [['mount', '-t', 'tmpfs', 'tmpfs', '{target}']] },
  show: {
    ro: [['mount', '-t', 'null', '-o', 'ro', '{source}', '{target}']],
    rw: [['mount', '-t', 'null', '{source}', '{target}']],
  },
  kernel: [
    {
      path: '/dev',
      commands: [
        ['cp', '-p', '/dev/MAKEDEV', '{target}/MAKEDEV'],
        ['/bin/sh', '-c', 'cd "$1" && exec /bin/sh ./MAKEDEV all', 'sh', '{target}'],
      ],
      isMount: false,
    },
    { path: '/proc', commands: [['mount', '-t', 'procfs', 'procfs', '{target}']], isMount: true },
  ],
  copyTree: ['cp', '-RPp', '{source}/.', '{target}/'],
  chroot: bsdChroot,
};

const freebsd: ChrootSystem = {
  ...netbsd,
  name: 'freebsd',
  shown: [
    ...['/bin', '/sbin', '/lib', '/libexec', '/rescue', '/usr/bin', '/usr/sbin', '/usr/lib', '/usr/lib32'],
    ...['/usr/libexec', '/usr/libdata', '/usr/include', '/usr/share', '/usr/games'],
  ],
  root: { disk: [], tmpfs: [['mount', '-t', 'tmpfs', 'tmpfs', '{target}']] },
  show: {
    ro: [['mount', '-t', 'nullfs', '-o', 'ro', '{source}', '{target}']],
    rw: [['mount', '-t', 'nullfs', '{source}', '{target}']],
  },
  kernel: [
    { path: '/dev', commands: [['mount', '-t', 'devfs', 'devfs', '{target}']], isMount: true },
    { path: '/dev/fd', commands: [['mount', '-t', 'fdescfs', 'fdescfs', '{target}']], isMount: true },
    { path: '/proc', commands: [['mount', '-t', 'procfs', 'procfs', '{target}']], isMount: true },
  ],
};

const illumos: ChrootSystem = {
  name: 'illumos',
  shown: ['/lib', '/sbin', '/usr'],
  copied: ['/etc'],
  copyPlace: [],
  directories: [...directories, ['/devices', 0o755], ['/var/run', 0o755], ['/system', 0o755]],
  links: [['/bin', './usr/bin']],
  root: { disk: [], tmpfs: [['mount', '-F', 'tmpfs', 'swap', '{target}']] },
  show: {
    ro: [['mount', '-F', 'lofs', '-o', 'ro', '{source}', '{target}']],
    rw: [['mount', '-F', 'lofs', '{source}', '{target}']],
  },
  kernel: [
    {
      path: '/devices',
      ifHostHas: '/devices',
      commands: [['mount', '-F', 'lofs', '-o', 'ro', '/devices', '{target}']],
      isMount: true,
    },
    { path: '/dev', commands: [['mount', '-F', 'lofs', '-o', 'ro', '/dev', '{target}']], isMount: true },
    { path: '/dev/fd', commands: [['mount', '-F', 'fd', 'fd', '{target}']], isMount: true },
    { path: '/proc', commands: [['mount', '-F', 'proc', 'proc', '{target}']], isMount: true },
  ],
  copyTree: ['cp', '-RPp', '{source}/.', '{target}/'],
  // Its chroot(8) knows no users, and su(8) is what there is.
  chroot: { asRoot: ['/usr/sbin/chroot', '{dir}'], asUser: undefined, become: 'su' },
};

const macos: ChrootSystem = {
  name: 'macos',
  shown: ['/bin', '/sbin', '/usr', '/System', '/Library'],
  copied: ['/private/etc', '/private/var/db/timezone'],
  copyPlace: [],
  directories: [
    ...[['/dev', 0o755] as const, ['/root', 0o700] as const, ['/home', 0o755] as const],
    ...[['/private/tmp', 0o1777] as const, ['/private/var/tmp', 0o1777] as const],
    ...[['/private/var/db', 0o755] as const, ['/private/var/run', 0o755] as const],
    ['/private/var/folders', 0o755],
  ],
  links: [
    ['/etc', 'private/etc'],
    ['/tmp', 'private/tmp'],
    ['/var', 'private/var'],
  ],
  root: { disk: [], tmpfs: [['mount_tmpfs', '{target}']] },
  show: {
    ro: [['bindfs', '-r', '{source}', '{target}']],
    rw: [['bindfs', '{source}', '{target}']],
  },
  kernel: [{ path: '/dev', commands: [['mount', '-t', 'devfs', 'devfs', '{target}']], isMount: true }],
  copyTree: ['cp', '-RPp', '{source}/.', '{target}/'],
  chroot: bsdChroot,
};

/** By name. macOS without bindfs mounts its own directories by NFS; /etc/exports has to allow that. */
export const chrootSystems: Readonly<Record<ChrootSystem['name'], ChrootSystem>> = {
  linux,
  netbsd,
  freebsd,
  illumos,
  macos,
  'macos-nfs': {
    ...macos,
    name: 'macos-nfs',
    show: {
      ro: [['mount', '-t', 'nfs', '-o', 'ro', 'localhost:{source}', '{target}']],
      rw: [['mount', '-t', 'nfs', 'localhost:{source}', '{target}']],
    },
  },
};
