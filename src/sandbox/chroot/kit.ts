import {
  chmodSync,
  copyFileSync,
  lchownSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { messageOf } from '../../errors.ts';
import { SandboxError } from '../error.ts';
import { ancestorsOf } from '../names.ts';
import { type ChrootTools, runAll } from './tools.ts';
import { makeInside } from './walk.ts';

/**
 * Copies an unpacked kit into a root. What the sandbox has for itself (prefix, package database: new and empty) is copied
 * in one go; everything else entry by entry, through no link, and what is there already stays. Throws SANDBOX_PREPARE.
 */
export async function copyKit(
  kitDir: string,
  root: string,
  opaqueDirs: readonly string[],
  tools: ChrootTools,
): Promise<void> {
  const copy = async (path: string): Promise<void> => {
    const from = kitDir + path;
    const stat = lstatSync(from);
    const there = lstatSync(root + path, { throwIfNoEntry: false });
    if (stat.isDirectory()) {
      if (there !== undefined && !there.isDirectory()) return;
      makeInside(root, path);
      if (there === undefined) {
        lchownSync(root + path, stat.uid, stat.gid);
        chmodSync(root + path, stat.mode & 0o7777);
      }
      // An opaque directory lies below one that is not: those above are walked.
      const isAbove = opaqueDirs.some((dir) => ancestorsOf(dir).includes(path));
      if (opaqueDirs.includes(path) || (there === undefined && !isAbove)) {
        await runAll([tools.system.copyTree], { source: from, target: root + path }, tools);
        return;
      }
      for (const name of readdirSync(from)) await copy(`${path}/${name}`);
    } else if (there === undefined) {
      if (stat.isSymbolicLink()) symlinkSync(readlinkSync(from), root + path);
      else if (stat.isFile()) {
        copyFileSync(from, root + path);
        chmodSync(root + path, stat.mode & 0o7777);
      } else return;
      lchownSync(root + path, stat.uid, stat.gid);
    }
  };
  try {
    for (const name of readdirSync(kitDir)) await copy(`/${name}`);
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    throw new SandboxError(
      'SANDBOX_PREPARE',
      `cannot copy the bootstrap kit to ${root}: ${messageOf(error)}`,
      {
        hint: 'look for free space and inodes',
        cause: error,
      },
    );
  }
}
