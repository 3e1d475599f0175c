import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** Programs of a host that bulkmesh or a tree needs, and that a package manager can bring. */
export type ProgramName = keyof typeof packages;

/** A way to install packages on this host. */
export interface PackageManager {
  readonly program: 'apt-get' | 'dnf' | 'apk' | 'pacman' | 'zypper' | 'pkgin' | 'pkg' | 'brew';
  /** What stands before the names of packages, root's rights taken for granted. */
  readonly install: string;
}

/** In the order in which they are looked for: the system's own before those that are added to any system. */
const managers: readonly PackageManager[] = [
  { program: 'apt-get', install: 'apt-get install' },
  { program: 'dnf', install: 'dnf install' },
  { program: 'apk', install: 'apk add' },
  { program: 'pacman', install: 'pacman -S' },
  { program: 'zypper', install: 'zypper install' },
  { program: 'pkg', install: 'pkg install' },
  { program: 'pkgin', install: 'pkgin install' },
  { program: 'brew', install: 'brew install' },
];

type Names = Readonly<Partial<Record<PackageManager['program'], string>>>;

/** One name with every manager of a Linux distribution. */
const everywhere = (name: string): Names => ({
  'apt-get': name,
  dnf: name,
  apk: name,
  pacman: name,
  zypper: name,
});
const utilLinux: Names = { ...everywhere('util-linux'), apk: 'util-linux-misc' };

/** The package that brings a program, by manager; several are separated by blanks. */
const packages = {
  bmake: {
    'apt-get': 'bmake',
    dnf: 'bmake',
    apk: 'bmake',
    pacman: 'bmake',
    zypper: 'bmake',
    pkg: 'bmake',
    pkgin: 'bmake',
    brew: 'bmake',
  },
  cc: {
    'apt-get': 'gcc libc6-dev',
    dnf: 'gcc',
    apk: 'gcc musl-dev',
    pacman: 'gcc',
    zypper: 'gcc',
    pkg: 'gcc',
    pkgin: 'gcc12',
    brew: 'gcc',
  },
  tar: everywhere('tar'),
  gzip: everywhere('gzip'),
  rm: everywhere('coreutils'),
  env: everywhere('coreutils'),
  cp: everywhere('coreutils'),
  du: everywhere('coreutils'),
  ip: { ...everywhere('iproute2'), dnf: 'iproute' },
  mount: { ...utilLinux, 'apt-get': 'mount', apk: 'mount' },
  umount: { ...utilLinux, 'apt-get': 'mount', apk: 'umount' },
  unshare: utilLinux,
  nsenter: utilLinux,
  setpriv: { ...utilLinux, apk: 'setpriv' },
  pivot_root: { ...utilLinux, apk: 'util-linux' },
} as const satisfies Readonly<Record<string, Names>>;

/** The package manager of this host; undefined when it has none that is known here. */
export async function findPackageManager(searchPath: string): Promise<PackageManager | undefined> {
  for (const manager of managers) {
    if ((await findProgram(manager.program, searchPath)) !== undefined) return manager;
  }
  return undefined;
}

/** The command that installs the programs; undefined where the manager does not have all of them. */
export function describeInstall(
  manager: PackageManager | undefined,
  programs: readonly ProgramName[],
): string | undefined {
  if (manager === undefined || programs.length === 0) return undefined;
  const names = programs.map((program): string | undefined => {
    const known: Names = packages[program];
    return known[manager.program];
  });
  if (names.includes(undefined)) return undefined;
  return `${manager.install} ${[...new Set(names.flatMap((name) => name?.split(' ') ?? []))].join(' ')}`;
}

/** True when `name` is a program that `describeInstall` knows. */
export function isProgramName(name: string): name is ProgramName {
  return Object.hasOwn(packages, name);
}

/** Absolute path of a program in a search path such as $PATH; undefined when it is not there. */
export async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  for (const dir of searchPath.split(delimiter)) {
    if (!isAbsolute(dir)) continue;
    const path = join(dir, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

/** True for a program that this user may start. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
