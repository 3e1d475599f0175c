import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type MountEntry, readMounts } from '../../mounts.ts';
import { isWithin, relativeTo } from '../../names.ts';

/** What of a host control groups can bound and count, of all that there is. */
export const controllers = ['pids', 'memory', 'cpu'] as const;
export type Controller = (typeof controllers)[number];

/** A directory in a hierarchy of control groups (cgroups(7)) in which this agent may make its own. */
export interface Place {
  readonly version: 1 | 2;
  /** Where the hierarchy is mounted. */
  readonly top: string;
  readonly parent: string;
  readonly controllers: readonly Controller[];
  /** Version 2: who is in a group itself cannot hand controllers on, so this process must go one down first. */
  readonly mustLeave: boolean;
}

/** Where the agent itself goes in a group that was delegated to it; also the name to give to DelegateSubgroup. */
const agentGroup = 'bulkmesh-agent';

/** What the places are found by; tests bring their own. */
export interface View {
  readonly mounts: readonly MountEntry[];
  /** The text of /proc/self/cgroup. */
  readonly own: string;
  readonly isRoot: boolean;
}

/** This process as the kernel shows it. */
export function readView(): View {
  const own = readText('/proc/self/cgroup') ?? '';
  return { mounts: readMounts(), own, isRoot: process.getuid?.() === 0 };
}

/** Where groups can be made on this host, each controller in one place. Changes nothing. */
export function findPlaces(view: View): readonly Place[] {
  const found: Place[] = [];
  const old = view.isRoot ? view.mounts.filter(({ type }) => type === 'cgroup') : [];
  for (const mount of old) {
    const offered = mount.superOptions.split(',');
    const taken = found.flatMap((place) => place.controllers);
    const wanted = controllers.filter((name) => offered.includes(name) && !taken.includes(name));
    const parent = wanted.length === 0 ? undefined : ownDir(mount, ownPath(view.own, wanted));
    if (parent === undefined || !isWritable(parent)) continue;
    found.push({ version: 1, top: mount.target, parent, controllers: wanted, mustLeave: false });
  }
  const unified = view.mounts.filter(({ type }) => type === 'cgroup2');
  for (const mount of unified) {
    const place = findUnified(mount, view);
    if (place !== undefined) return [...found, place];
  }
  return found;
}

/**
 * Makes the directory of a place in which an agent's groups lie, and has the controllers work there. Returns those that
 * do. Throws what the file system throws.
 */
export function openPlace(place: Place, name: string): readonly Controller[] {
  const { parent } = place;
  if (place.mustLeave) {
    mkdirSync(join(parent, agentGroup), { recursive: true });
    writeFileSync(join(parent, agentGroup, 'cgroup.procs'), String(process.pid));
  }
  const base = join(parent, name);
  mkdirSync(base, { recursive: true });
  if (place.version === 1) {
    // Before Linux 5.11 a memory group counts what is below it only when told.
    const file = join(base, 'memory.use_hierarchy');
    if (readText(file)?.trim() === '0') tryWrite(file, '1');
    return place.controllers;
  }
  return place.controllers.filter((controller) => enable(parent, controller) && enable(base, controller));
}

function findUnified(mount: MountEntry, { own, isRoot }: View): Place | undefined {
  const dir = ownDir(mount, ownPath(own, undefined));
  if (dir === undefined) return undefined;
  const place = (parent: string, mustLeave: boolean): Place => {
    const offered = readText(join(parent, 'cgroup.controllers'))?.trim().split(' ') ?? [];
    const usable = controllers.filter((name) => offered.includes(name));
    return { version: 2, top: mount.target, parent, controllers: usable, mustLeave };
  };
  // Left already, or put there by whoever started us.
  if (basename(dir) === agentGroup && isWithin(dirname(dir), mount.target) && isDelegated(dirname(dir))) {
    return place(dirname(dir), false);
  }
  if (!isTop(dir) && isDelegated(dir) && isAlone(dir)) return place(dir, true);
  if (isRoot && isTop(mount.target) && isDelegated(mount.target)) return place(mount.target, false);
  // Among others nothing can be bounded, but what is in a group below can still be killed at once.
  return isDelegated(dir) ? { ...place(dir, false), controllers: [] } : undefined;
}

/** The group of this process in a hierarchy: by one of its controllers, or the unified one. */
function ownPath(own: string, wanted: readonly Controller[] | undefined): string | undefined {
  for (const line of own.split('\n')) {
    const [, number, names = '', path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    const isIt =
      wanted === undefined
        ? number === '0' && names === ''
        : wanted.some((one) => names.split(',').includes(one));
    if (isIt) return path;
  }
  return undefined;
}

/** The directory of that group, as far as this mount shows it: else the uppermost that it does. */
function ownDir(mount: MountEntry, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const dir = isWithin(path, mount.root) ? join(mount.target, relativeTo(path, mount.root)) : mount.target;
  return [dir, mount.target].find((one) => existsSync(one));
}

/** The root of the whole hierarchy alone has no type, and may have processes beside groups. */
function isTop(dir: string): boolean {
  return !existsSync(join(dir, 'cgroup.type'));
}

function isDelegated(dir: string): boolean {
  return ['', 'cgroup.procs', 'cgroup.subtree_control'].every((name) => isWritable(join(dir, name)));
}

function isAlone(dir: string): boolean {
  return readText(join(dir, 'cgroup.procs'))?.trim() === String(process.pid);
}

function enable(dir: string, controller: Controller): boolean {
  const file = join(dir, 'cgroup.subtree_control');
  if (readText(file)?.trim().split(' ').includes(controller)) return true;
  return tryWrite(file, `+${controller}`);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Writes to a file of the kernel; false where it does not take it. */
export function tryWrite(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'r+' });
    return true;
  } catch {
    return false;
  }
}

/** A file of the kernel; undefined where it has none such. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
