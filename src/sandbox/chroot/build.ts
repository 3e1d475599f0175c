import {
  chmodSync,
  copyFileSync,
  existsSync,
  lchownSync,
  lstatSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { SandboxSpec } from '../driver.ts';
import { SandboxError } from '../error.ts';
import { reach } from '../faultpoint.ts';
import { coverSecrets } from '../linux/secrets.ts';
import { copyKit } from './kit.ts';
import type { ChrootPlan, ShownPlace } from './plan.ts';
import { fillTemplate, type KernelPlace } from './system.ts';
import { type ChrootTools, runAll, runBatch } from './tools.ts';
import { makeInside, makeOwned } from './walk.ts';

export interface ChrootBuild {
  /** An empty directory of ours, mode 0700. */
  readonly root: string;
  readonly spec: SandboxSpec;
  readonly plan: ChrootPlan;
  readonly storage: 'disk' | 'tmpfs';
}

/**
 * Fills the root of a chroot: first all that is made in it, while nothing of the host is mounted there, then the mounts,
 * in two goes.
 * Throws what the file system and the tools say; then what was mounted is still there.
 */
export async function buildChroot(build: ChrootBuild, tools: ChrootTools): Promise<void> {
  const { root, spec, plan, storage } = build;
  const { system } = tools;
  await runAll(system.root[storage], { target: root }, tools);
  for (const [path, mode] of system.directories) {
    makeInside(root, path);
    chmodSync(root + path, mode);
  }
  for (const [path, text] of [...plan.links, ...system.links]) linkInside(root, path, text);
  for (const dir of spec.opaqueDirs) makeInside(root, dir);
  if (spec.kitDir !== undefined) await copyKit(spec.kitDir, root, spec.opaqueDirs, tools);
  for (const tree of plan.trees) await copyTree(tree, root, tools);
  for (const file of plan.files) copyFile(file, root);
  for (const { path, owner } of spec.freshDirs) makeOwned(root, path, owner);
  for (const place of plan.shown) makeMountPoint(place, root);
  await runBatch(
    plan.shown.flatMap((place) => showWords(place, build, tools)),
    tools,
  );
  reach('chroot.shown');
  await runBatch(
    system.kernel.filter(isWanted).flatMap((place) => kernelWords(place, root)),
    tools,
  );
  chmodSync(root, 0o755);
}

/**
 * Throws SANDBOX_PREPARE unless the kernel has every planned mount, read-only where it must be: a tool that says that all
 * went well has been wrong before.
 */
export function verifyChroot({ root, plan }: ChrootBuild, tools: ChrootTools): void {
  const mounts = tools.mountsWithin(root);
  const kernel = tools.system.kernel.filter((place) => place.isMount && isWanted(place));
  const wanted = [...plan.shown, ...kernel.map(({ path }) => ({ target: path, access: 'rw' }))];
  for (const { target, access } of wanted) {
    const found = mounts.findLast((mount) => mount.target === root + target);
    if (found === undefined) {
      throw new SandboxError('SANDBOX_PREPARE', `nothing got mounted at ${root}${target}`, {
        hint: 'see what mount(8) has there; a part of that path may be a symbolic link',
      });
    }
    if (access !== 'ro' || found.options.includes('ro')) continue;
    throw new SandboxError('SANDBOX_PREPARE', `${root}${target} is writable but must be read-only`, {
      hint: 'this host does not honour read-only mounts of directories: update its mount(8)',
    });
  }
}

function linkInside(root: string, path: string, text: string): void {
  if (lstatSync(root + path, { throwIfNoEntry: false }) !== undefined) return;
  const parent = dirname(path);
  if (parent !== '/') makeInside(root, parent);
  symlinkSync(text, root + path);
}

/** A directory of configuration as it is on the host, but for its secrets. */
async function copyTree(tree: string, root: string, tools: ChrootTools): Promise<void> {
  const { uid, gid, mode } = statSync(tree);
  makeInside(root, tree);
  await runAll(tools.system.copyPlace, { target: root + tree }, tools);
  lchownSync(root + tree, uid, gid);
  chmodSync(root + tree, mode & 0o7777);
  await runAll([tools.system.copyTree], { source: tree, target: root + tree }, tools);
  for (const [path, text] of coverSecrets(tree)) {
    // Not through the copy: it has gone first, so that nothing of its content stays.
    rmSync(root + path, { force: true });
    writeFileSync(root + path, text, { mode: 0o600, flag: 'wx' });
  }
  const resolver = `${tree}/resolv.conf`;
  if (!lstatSync(resolver, { throwIfNoEntry: false })?.isSymbolicLink() || !existsSync(resolver)) return;
  rmSync(root + resolver, { force: true });
  copyFileSync(resolver, root + resolver);
}

function copyFile(path: string, root: string): void {
  if (lstatSync(root + path, { throwIfNoEntry: false }) !== undefined) return;
  makeInside(root, dirname(path));
  const { uid, gid, mode } = statSync(path);
  copyFileSync(path, root + path);
  lchownSync(root + path, uid, gid);
  chmodSync(root + path, mode & 0o7777);
}

function makeMountPoint({ target, isFile }: ShownPlace, root: string): void {
  if (lstatSync(root + target, { throwIfNoEntry: false }) === undefined) {
    if (isFile) {
      makeInside(root, dirname(target));
      writeFileSync(root + target, '');
    } else {
      makeInside(root, target);
    }
  }
  // A mount would follow it out of here.
  if (!lstatSync(root + target).isSymbolicLink()) return;
  throw new SandboxError('SANDBOX_SPEC', `${target} is a symbolic link inside`, {
    hint: 'give the path that it leads to',
  });
}

type Commands = readonly (readonly string[])[];

const showWords = (place: ShownPlace, { root }: ChrootBuild, { system }: ChrootTools): Commands =>
  system.show[place.access].map((template) =>
    fillTemplate(template, { source: place.source, target: root + place.target }),
  );

const kernelWords = ({ path, commands }: KernelPlace, root: string): Commands =>
  commands.map((template) => fillTemplate(template, { target: root + path }));

const isWanted = ({ ifHostHas }: KernelPlace): boolean => ifHostHas === undefined || existsSync(ifHostHas);
