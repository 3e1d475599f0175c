import { posix } from 'node:path';
import type { SlotName } from '../core/ids.ts';
import { SandboxError } from './error.ts';

const SLOT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
// Overlay options split at `,` and `:`, mount tables at blanks, both unescape `\`.
const UNSAFE = /[,:\\"'\s\x00-\x1f\x7f]/;

/** Throws SANDBOX_NAME unless the slot's name can be a directory name and cannot be taken for our own trash. */
export function checkSlotName(slot: SlotName): void {
  if (SLOT_NAME.test(slot)) return;
  throw new SandboxError('SANDBOX_NAME', `"${slot}" is no name for a sandbox slot`, {
    hint: 'use letters, digits, "-" and "_", at most 64 of them',
  });
}

/** Throws SANDBOX_SPEC unless `path` is absolute, in its shortest form, not `/`, and safe in mount options. */
export function checkPath(path: string, what: string): void {
  if (!path.startsWith('/') || posix.normalize(path) !== path || path.endsWith('/')) {
    throw new SandboxError('SANDBOX_SPEC', `${what}: "${path}" is not a plain absolute path`, {
      hint: 'give it from the root, without "..", doubled or trailing slashes',
    });
  }
  if (isMountable(path)) return;
  throw new SandboxError(
    'SANDBOX_SPEC',
    `${what}: "${path}" has a character that mount options cannot carry`,
    {
      hint: 'choose a path without blanks, commas, colons, quotes and backslashes',
    },
  );
}

/** Whether mount options and tables can carry the path. */
export function isMountable(path: string): boolean {
  return !UNSAFE.test(path);
}

/** Whether `path` is `dir` or lies below it; both in shortest form. */
export function isWithin(path: string, dir: string): boolean {
  return path === dir || path.startsWith(dir === '/' ? '/' : `${dir}/`);
}

/** The path's part below `dir`, empty for `dir` itself. */
export function relativeTo(path: string, dir: string): string {
  return path === dir ? '' : path.slice(dir === '/' ? 1 : dir.length + 1);
}

/** Every proper ancestor but the root, outermost first: `/a`, `/a/b` for `/a/b/c`. */
export function ancestorsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** Number of components. */
export function depthOf(path: string): number {
  return path.split('/').length - 1;
}

/** Leaves out directories that lie below another one of the list, and doubles. */
export function outermost(dirs: readonly string[]): readonly string[] {
  const unique = [...new Set(dirs)];
  return unique.filter((dir) => !unique.some((other) => other !== dir && isWithin(dir, other)));
}
