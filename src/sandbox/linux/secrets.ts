import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What sandboxes see in place of the host's secrets in a directory of configuration (`/etc`): path to text. Password
 * files keep their accounts, locked, so that tools which become or add users still work; private keys are empty.
 */
export function coverSecrets(etc: string): ReadonlyMap<string, string> {
  const covers = new Map<string, string>();
  for (const name of ['shadow', 'shadow-', 'gshadow', 'gshadow-']) {
    const path = join(etc, name);
    if (isFile(path)) covers.set(path, readFileSync(path, 'utf8').replace(/^([^:\n]*):[^:\n]*/gm, '$1:*'));
  }
  for (const name of listNames(join(etc, 'ssh'))) {
    const path = join(etc, 'ssh', name);
    if (/^ssh_host_.*_key$/.test(name) && isFile(path)) covers.set(path, '');
  }
  const keys = join(etc, 'ssl/private');
  for (const name of listNames(keys)) if (isFile(join(keys, name))) covers.set(join(keys, name), '');
  return covers;
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function listNames(dir: string): readonly string[] {
  return lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(dir) : [];
}
