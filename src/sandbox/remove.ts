import { lstatSync, readdirSync, rmdirSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { SandboxError } from './error.ts';
import { runMapped } from './linux/outer.ts';
import { hasUserNamespaces } from './linux/users.ts';
import { mountsWithin } from './mounts.ts';
import { isWithin } from './names.ts';
import { runBounded } from './process.ts';

/** Of one call of rm: what is left when it is over is deleted by the next try. */
const limitMs = 15 * 60_000;

/**
 * Deletes a file, a link or a whole tree; nothing there is fine. Never through a mount, never through a link.
 *
 * The work is done by rm(1): it walks by directory descriptors, so that neither a swapped link nor a path longer
 * than the system's limit leads it astray, which Node's path-based calls cannot promise. What rm cannot see, a bind
 * mount of the same device, is ruled out before by the kernel's mount table. Throws SANDBOX_REMOVE.
 */
export async function removeTree(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  await removeAll([path]);
}

/**
 * Deletes what is in a directory, but not the directory. Refuses (SANDBOX_REMOVE) a path that is a link, and
 * entries on another device.
 */
export async function emptyDirectory(dir: string): Promise<void> {
  const stat = lstatSync(dir);
  if (!stat.isDirectory()) throw new SandboxError('SANDBOX_REMOVE', `${dir} is not a directory`);
  const entries = readdirSync(dir).map((name) => join(dir, name));
  for (const entry of entries) refuseOtherDevice(entry, stat);
  for (let from = 0; from < entries.length; from += 500) await removeAll(entries.slice(from, from + 500));
}

/** Removes an empty directory, and its empty ancestors up to and with `top`, as far as they go. */
export function removeEmpty(dir: string, top: string): void {
  try {
    for (let at = dir; isWithin(at, top); at = dirname(at)) rmdirSync(at);
  } catch {
    // Not empty, or gone: then it is not ours to remove.
  }
}

async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) refuseMounts(path);
  const command = ['rm', ...rmOptions(), '--', ...paths];
  // Without root, what sandboxes left is out of the account's reach, but not of its user namespace's root.
  const isMapped = process.platform === 'linux' && process.getuid?.() !== 0 && (await hasUserNamespaces());
  let done = isMapped
    ? await runMapped(['timeout', '-k', '5', String(limitMs / 1000), ...command])
    : await runBounded(command, limitMs);
  if (!done.ok && process.getuid?.() !== 0) {
    // A package may take its own directories' modes away; root does not care, others must give them back.
    await runBounded(['chmod', '-R', 'u+rwx', '--', ...paths], limitMs);
    done = await runBounded(command, limitMs);
  }
  if (!done.ok && process.getuid?.() === 0 && /operation not permitted/i.test(done.stderr)) {
    // Root is stopped by what a package made immutable or append-only. chattr follows no link.
    await runBounded(['chattr', '-R', '-f', '-ia', '--', ...paths], limitMs);
    done = await runBounded(command, limitMs);
  }
  const left = paths.filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
  if (left.length === 0) return;
  throw new SandboxError('SANDBOX_REMOVE', `cannot delete ${left.join(', ')}: ${lastLine(done.stderr)}`, {
    hint: 'see what is mounted below it or holds it, and delete it by hand',
  });
}

function rmOptions(): readonly string[] {
  switch (process.platform) {
    case 'linux':
      return ['-rf', '--one-file-system'];
    case 'netbsd':
    case 'freebsd':
    case 'darwin':
      return ['-rfx'];
    default:
      return ['-rf'];
  }
}

function refuseMounts(path: string): void {
  const [mount] = mountsWithin(path);
  if (mount === undefined) return;
  throw new SandboxError('SANDBOX_REMOVE', `not deleting ${path}: ${mount.target} is mounted`, {
    hint: `unmount ${mount.target} first`,
  });
}

function refuseOtherDevice(entry: string, parent: Stats): void {
  if (lstatSync(entry, { throwIfNoEntry: false })?.dev !== parent.dev) {
    throw new SandboxError('SANDBOX_REMOVE', `not deleting ${entry}: it is on another device`, {
      hint: 'unmount it, or delete it by hand',
    });
  }
}

function lastLine(text: string): string {
  return text.split('\n').at(-1) || 'rm gave no reason';
}
