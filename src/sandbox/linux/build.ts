import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { SandboxError } from '../error.ts';
import { reach } from '../faultpoint.ts';
import { type MountEntry, readMounts } from '../mounts.ts';
import { isWithin } from '../names.ts';
import { toolPath } from '../process.ts';
import type { PlannedMount, Rights, SlotPlan } from './plan.ts';
import { devices, guardedNsenter, hostMount } from './script.ts';

export type Storage = 'disk' | 'tmpfs';

export interface BuildOptions {
  readonly slotDir: string;
  readonly kitDir: string | undefined;
  readonly storage: Storage;
  /** Extra overlay options that this kernel takes: `volatile`, `userxattr`. */
  readonly overlayOptions: readonly string[];
  readonly rights: Rights;
}

// mount(2) passes options in one page.
const optionBytesMax = 4000;

// What a file's owner may write there, root in any user namespace, changes the whole host.
const kernelControls = [
  '/proc/sys',
  '/proc/sysrq-trigger',
  '/proc/irq',
  '/proc/bus',
  '/proc/fs',
  '/proc/acpi',
];

const deviceLinks: readonly (readonly [string, string])[] = [
  ['fd', '/proc/self/fd'],
  ['ptmx', 'pts/ptmx'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
];

/** Makes the directories of a planned slot and its two mount tables, which the init script mounts. */
export function buildSlot(plan: SlotPlan, options: BuildOptions): void {
  const { slotDir, storage } = options;
  const base = `${slotDir}/base`;
  for (const name of ['root', 'base', 'layers', 'dev']) mkdirSync(`${slotDir}/${name}`, { mode: 0o755 });
  for (const [path, mode] of [...plan.dirs].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    mkdirSync(base + path, { recursive: true, mode: 0o755 });
    chmodSync(base + path, mode);
  }
  for (const [path, text] of plan.links) symlinkSync(text, base + path);
  // Over a system directory, or where there is no layer to lie over, in the skeleton itself.
  const placeOf = (inside: string) =>
    plan.system.some(({ kind, target }) => kind === 'overlay' && isWithin(inside, target))
      ? `${slotDir}/extra${inside}`
      : base + inside;
  for (const [inside, source] of plan.copies) {
    const copy = placeOf(inside);
    mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
    copyFileSync(source, copy);
    chmodSync(copy, 0o644);
  }
  for (const [inside, text] of plan.covers) {
    const cover = placeOf(inside);
    mkdirSync(dirname(cover), { recursive: true, mode: 0o755 });
    // Not through a copy above: it has gone first, so that nothing of its content stays.
    rmSync(cover, { force: true });
    writeFileSync(cover, text, { mode: 0o600 });
  }
  for (const [name, text] of deviceLinks) symlinkSync(text, `${slotDir}/dev/${name}`);
  chmodSync(`${slotDir}/dev`, 0o755);
  makeLayers(plan, `${slotDir}/${storage === 'tmpfs' ? 'seed' : 'layers'}`, options.rights);
  reach('prepare.layers');
  writeFileSync(`${slotDir}/fstab.system`, systemTable(plan, options));
  const inside = plan.inside.map((mount) => insideLine(mount, options));
  writeFileSync(`${slotDir}/fstab.inside`, [...inside, ...bindFiles(options)].join(''));
}

/** Throws SANDBOX_PREPARE unless every planned mount is in the sandbox's own mount table, read-only where it must be. */
export function verifySlot(plan: SlotPlan, mounts: readonly MountEntry[]): void {
  for (const planned of [...plan.system, ...plan.inside]) {
    const found = mounts.findLast((mount) => mount.target === planned.target);
    if (found === undefined) {
      throw new SandboxError('SANDBOX_PREPARE', `nothing got mounted at ${planned.target}`, {
        hint: 'a part of that path is a symbolic link on this host: give the path that it leads to',
      });
    }
    const wantsReadOnly = planned.kind === 'bind' && planned.access === 'ro';
    if (wantsReadOnly && !found.options.includes('ro')) {
      throw new SandboxError('SANDBOX_PREPARE', `${planned.target} is writable but must be read-only`, {
        hint: 'this host does not honour read-only bind mounts: update util-linux',
      });
    }
  }
}

/**
 * Files of the host that show in /dev, each over an empty one made here. Root guards the program that leads in; who may
 * not make device nodes binds those of the host.
 */
function bindFiles({ slotDir, rights }: BuildOptions): readonly string[] {
  const files: readonly (readonly [string, string])[] =
    rights === 'root'
      ? [[guardedNsenter, realpathSync(toolPath('nsenter'))]]
      : devices.filter((path) => existsSync(path)).map((path) => [path, path]);
  for (const [path] of files) writeFileSync(slotDir + path, '');
  const how = rights === 'root' ? 'bind,ro' : 'bind';
  return files.map(([path, source]) => line(hostMount + source, path, 'none', how));
}

function makeLayers(plan: SlotPlan, root: string, rights: Rights): void {
  mkdirSync(root, { recursive: true, mode: 0o755 });
  for (const [index, layer] of plan.layers.entries()) {
    const dir = `${root}/${index}`;
    mkdirSync(dir);
    for (const below of layer.dirs) mkdirSync(`${dir}/${below}`, { recursive: true, mode: 0o755 });
    // Without root everything is the agent's own, and so root's inside.
    if (rights === 'root' && (layer.uid !== 0 || layer.gid !== 0)) chownSync(dir, layer.uid, layer.gid);
    chmodSync(dir, layer.mode);
    if (layer.hasWork) mkdirSync(`${dir}.work`, { mode: 0o700 });
  }
}

function systemTable(plan: SlotPlan, options: BuildOptions): string {
  const { slotDir, kitDir } = options;
  const root = `${slotDir}/root`;
  const rootLowers = kitDir === undefined ? [`${slotDir}/base`] : [`${slotDir}/base`, kitDir];
  const systems = plan.system.map((mount) => {
    if (mount.kind === 'bind') return bindLine(mount.source, root + mount.target, mount, options.rights);
    if (mount.kind !== 'overlay')
      throw new SandboxError('SANDBOX_SPEC', `${mount.target} is planned too early`);
    const hasCopies = [...plan.copies.keys(), ...plan.covers.keys()].some((path) =>
      isWithin(path, mount.target),
    );
    const lowers = hasCopies ? [`${slotDir}/extra${mount.target}`, ...mount.lowers] : mount.lowers;
    return line('overlay', root + mount.target, 'overlay', overlay(lowers, mount.layer, slotDir, options));
  });
  return [
    line('overlay', root, 'overlay', overlay(rootLowers, 0, slotDir, options)),
    ...systems,
    line('proc', `${root}/proc`, 'proc', 'nosuid,nodev,noexec'),
    ...kernelControls.filter((path) => existsSync(path)).map((path) => readOnly(root + path)),
    line('tmpfs', `${root}/dev`, 'tmpfs', 'nosuid,mode=755,size=64k'),
    line('devpts', `${root}/dev/pts`, 'devpts', 'nosuid,newinstance,ptmxmode=0666,mode=620,X-mount.mkdir'),
    line('tmpfs', `${root}/dev/shm`, 'tmpfs', 'nosuid,nodev,mode=1777,size=512m,X-mount.mkdir'),
  ].join('');
}

function readOnly(path: string): string {
  return line(path, path, 'none', 'bind,ro,nosuid,nodev,noexec');
}

function insideLine(mount: PlannedMount, options: BuildOptions): string {
  const slotDir = hostMount + options.slotDir;
  switch (mount.kind) {
    case 'fresh':
      return line(`${slotDir}/layers/${mount.layer}`, mount.target, 'none', 'bind,X-mount.mkdir');
    case 'bind':
      return bindLine(hostMount + mount.source, mount.target, mount, options.rights);
    case 'overlay': {
      const lowers = mount.lowers.map((dir) => hostMount + dir);
      const how = overlay(lowers, mount.layer, slotDir, options);
      return line('overlay', mount.target, 'overlay', `${how},X-mount.mkdir`);
    }
  }
}

type PlannedBind = Extract<PlannedMount, { kind: 'bind' }>;

function bindLine(source: string, target: string, mount: PlannedBind, rights: Rights): string {
  const how = mount.access === 'rw' ? 'rbind' : rights === 'root' ? 'bind,ro' : keepOptions(mount.source);
  return line(source, target, 'none', `${how},X-mount.mkdir`);
}

/**
 * Without root a mount can be made stricter, but its options cannot be taken away, which util-linux before 2.39 does
 * unless told; nor can it be taken without those below it.
 */
function keepOptions(source: string): string {
  const around = readMounts().filter(({ target }) => isWithin(source, target));
  const longest = Math.max(...around.map(({ target }) => target.length));
  const given = around.findLast(({ target }) => target.length === longest)?.options ?? [];
  return ['rbind,ro', ...given.filter((option) => /^no(suid|dev|exec)$/.test(option))].join(',');
}

function overlay(lowers: readonly string[], layer: number, slotDir: string, options: BuildOptions): string {
  const dir = `${slotDir}/layers/${layer}`;
  const parts = [`lowerdir=${lowers.join(':')}`, `upperdir=${dir}`, `workdir=${dir}.work`];
  // A kit may come from another host, with device nodes in it: those of /dev alone are to work.
  const text = ['nodev', ...parts, ...options.overlayOptions].join(',');
  if (Buffer.byteLength(text) <= optionBytesMax) return text;
  throw new SandboxError('SANDBOX_SPEC', `the paths of one layer are too long for one mount: ${text}`, {
    hint: 'move the state directory to a shorter path',
  });
}

function line(source: string, target: string, type: string, options: string): string {
  return `${source} ${target} ${type} ${options} 0 0\n`;
}
