import { lstatSync, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import type { SandboxSpec, Share } from '../driver.ts';
import { SandboxError } from '../error.ts';
import { mountsWithin } from '../mounts.ts';
import { ancestorsOf, checkPath, depthOf, isWithin, outermost, relativeTo } from '../names.ts';
import type { ChrootSystem } from './system.ts';

/** A directory or file of the host that shows inside. */
export interface ShownPlace {
  readonly target: string;
  readonly source: string;
  readonly access: 'ro' | 'rw';
  readonly isFile: boolean;
}

/** What one chroot consists of, decided before anything is made. All targets are paths inside. */
export interface ChrootPlan {
  /** Links and files of the host that show as copies, by their path. */
  readonly links: ReadonlyMap<string, string>;
  readonly files: readonly string[];
  /** Directories of the host that are copied whole. */
  readonly trees: readonly string[];
  /** In the order in which they are to be mounted. */
  readonly shown: readonly ShownPlace[];
}

/**
 * Decides what a chroot shows of this host. A system directory that is to hold something of the sandbox's own, a prefix
 * in /usr for one, is not shown as a whole but entry by entry. Reads the host's directories, changes nothing. Throws
 * SANDBOX_SPEC.
 */
export function planChroot(
  spec: SandboxSpec,
  system: ChrootSystem,
  systemDirs: readonly string[],
): ChrootPlan {
  checkSpec(spec);
  const own = [...spec.opaqueDirs, ...spec.freshDirs.map(({ path }) => path)];
  const reserved = [...own, ...spec.shares.map(({ target }) => target)];
  const links = new Map<string, string>();
  const files: string[] = [];
  const trees: string[] = [];
  const shown: ShownPlace[] = [];

  const add = (path: string): void => {
    if (reserved.includes(path)) return;
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || shown.some(({ target }) => isWithin(path, target))) return;
    if (system.copied.includes(path)) trees.push(path);
    else if (stat.isSymbolicLink()) links.set(path, readlinkSync(path));
    else if (stat.isFile()) files.push(path);
    else if (!stat.isDirectory()) return;
    else if (reserved.some((other) => isWithin(other, path))) {
      for (const name of readdirSync(path)) add(`${path}/${name}`);
    } else shown.push(...showAll(path, path, 'ro'));
  };
  for (const dir of outermost([...(system.shown ?? systemDirs), ...system.copied])) {
    checkPath(dir, 'system directory');
    add(dir);
  }
  for (const share of spec.shares) shown.push(...showShare(share, own));
  const sorted = shown.toSorted((a, b) => depthOf(a.target) - depthOf(b.target));
  checkTargets(sorted);
  return { links, files, trees, shown: sorted };
}

function checkSpec(spec: SandboxSpec): void {
  if (spec.kitDir !== undefined) checkPath(spec.kitDir, 'bootstrap kit');
  const targets = [
    ...spec.opaqueDirs,
    ...spec.freshDirs.map(({ path }) => path),
    ...spec.shares.map(({ target }) => target),
  ];
  for (const target of targets) {
    checkPath(target, 'directory of the sandbox');
    if (['/proc', '/dev', '/sys'].some((dir) => isWithin(target, dir))) {
      throw specError(`${target} belongs to the sandbox itself`);
    }
  }
}

function showShare(share: Share, own: readonly string[]): readonly ShownPlace[] {
  const { target } = share;
  checkPath(share.source, 'shared directory');
  if (!isDirectory(share.source)) {
    throw new SandboxError(
      'SANDBOX_SPEC',
      `the shared directory ${share.source} does not exist on this host`,
      {
        hint: 'make it, or take it out of the configuration',
      },
    );
  }
  const inner = own.find((path) => isWithin(path, target));
  if (inner !== undefined) throw specError(`${inner} would have to be made in the shared ${target}`);
  return showAll(realpathSync(share.source), target, share.access === 'rw' ? 'rw' : 'ro');
}

/** A directory, and what the host has mounted below it: a bind mount shows one file system. */
function showAll(source: string, target: string, access: 'ro' | 'rw'): readonly ShownPlace[] {
  checkPath(source, 'shared directory');
  const below = new Map(mountsWithin(source).map((mount) => [mount.target, mount.type]));
  below.delete(source);
  const parts = [...below].flatMap(([path, type]) => {
    const stat = type === 'autofs' ? undefined : statSync(path, { throwIfNoEntry: false });
    return stat === undefined || !isPlain(stat) ? [] : [{ path, isFile: stat.isFile() }];
  });
  return [{ path: source, isFile: false }, ...parts].map(({ path, isFile }) => {
    const rest = relativeTo(path, source);
    const place = rest === '' ? target : `${target}/${rest}`;
    checkPath(place, 'shared directory');
    return { target: place, source: path, access, isFile };
  });
}

/** Each target once, and no mount point that would have to be made in a directory of the host's. */
function checkTargets(shown: readonly ShownPlace[]): void {
  for (const [index, { target }] of shown.entries()) {
    const around = shown.slice(0, index).findLast((outer) => isWithin(target, outer.target));
    if (around === undefined) continue;
    if (around.target === target) throw specError(`two directories are to appear at ${target}`);
    checkPlace(target, around);
  }
}

/** Every component in the shared directory must be there, and none a link: a mount would follow it out of the chroot. */
function checkPlace(target: string, around: ShownPlace): void {
  const rest = relativeTo(target, around.target);
  for (const part of [...ancestorsOf(`/${rest}`), `/${rest}`]) {
    const stat = lstatSync(around.source + part, { throwIfNoEntry: false });
    if (stat === undefined) throw specError(`${target} would have to be made in the shared ${around.source}`);
    if (stat.isSymbolicLink()) throw specError(`${target} lies behind the link ${around.source}${part}`);
  }
}

const isPlain = (stat: Stats): boolean => stat.isDirectory() || stat.isFile();

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const specError = (message: string): SandboxError =>
  new SandboxError('SANDBOX_SPEC', message, {
    hint: 'change the directories of the sandbox in the configuration',
  });
