import { accessSync, constants, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What sandboxes see in place of the host's secrets in a directory of configuration (`/etc`): path to text. Password
 * files keep their accounts, locked, so that tools which become or add users still work; private keys are empty, and so is
 * whatever else not everybody on the host may read: root of a sandbox could, and fetches with a network. No path leads
 * through a link: who writes a cover in a copy of the directory must not write to the host by it.
 */
export function coverSecrets(etc: string): ReadonlyMap<string, string> {
  const covers = new Map<string, string>();
  for (const name of ['shadow', 'shadow-', 'gshadow', 'gshadow-']) {
    const path = join(etc, name);
    if (isFile(path)) covers.set(path, readText(path).replace(/^([^:\n]*):[^:\n]*/gm, '$1:*'));
  }
  for (const name of listNames(join(etc, 'ssh'))) {
    const path = join(etc, 'ssh', name);
    if (/^ssh_host_.*_key$/.test(name) && isFile(path)) covers.set(path, '');
  }
  const keys = join(etc, 'ssl/private');
  for (const name of isDirectory(join(etc, 'ssl')) ? listNames(keys) : []) {
    if (isFile(join(keys, name))) covers.set(join(keys, name), '');
  }
  for (const path of listPrivate(etc)) if (!covers.has(path)) covers.set(path, '');
  return covers;
}

/** Files that a stranger may not read, by their own mode or that of a directory above. */
function listPrivate(dir: string, isHidden = false): readonly string[] {
  return listNames(dir).flatMap((name) => {
    const path = join(dir, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) return listPrivate(path, isHidden || (found.mode & 0o001) === 0);
    return found?.isFile() && (isHidden || (found.mode & 0o004) === 0) ? [path] : [];
  });
}

/**
 * Files that tools which add users write to, and that only the host's root owns: an agent without root shows its own
 * copies of those that it can read, and the others empty.
 */
export function copyAccounts(etc: string): {
  readonly copies: readonly string[];
  readonly covers: readonly string[];
} {
  const names = ['passwd', 'group', 'subuid', 'subgid'].flatMap((name) => [name, `${name}-`]);
  const paths = [...names, '.pwd.lock'].map((name) => join(etc, name)).filter(isFile);
  return { copies: paths.filter(isReadable), covers: paths.filter((path) => !isReadable(path)) };
}

/** Empty where this process may not read: nobody inside could, then. */
function readText(path: string): string {
  return isReadable(path) ? readFileSync(path, 'utf8') : '';
}

/** Whether this process may read a file or list a directory. */
export function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function listNames(dir: string): readonly string[] {
  return isDirectory(dir) && isReadable(dir) ? readdirSync(dir) : [];
}
