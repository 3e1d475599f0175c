import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { BulkmeshError } from '../src/errors.ts';
import type { UserId } from '../src/sandbox/driver.ts';
import { runTool } from '../src/sandbox/process.ts';

/**
 * The account that builds, from /etc/passwd. Undefined when this agent is not root and therefore can only be
 * itself. Throws `BUILD_USER_MISSING` or `BUILD_USER_IS_ROOT`.
 */
export const findBuildUser = async (
  name: string,
  options: { readonly uid?: number; readonly passwdFile?: string } = {},
): Promise<UserId | undefined> => {
  if ((options.uid ?? process.getuid?.()) !== 0) return undefined;
  const passwdFile = options.passwdFile ?? '/etc/passwd';
  const user =
    parsePasswd(await readFile(passwdFile, 'utf8')).find((entry) => entry.name === name) ??
    (process.platform === 'darwin' ? await askSystem(name) : undefined);
  if (user === undefined) {
    throw new BulkmeshError('BUILD_USER_MISSING', `the build user "${name}" does not exist on this host`, {
      hint: `make it (useradd -m ${name}; bulkmesh doctor offers to), or name another account in pkgsrc.build_user`,
    });
  }
  if (user.uid === 0) {
    throw new BulkmeshError('BUILD_USER_IS_ROOT', `the build user "${name}" has user id 0`, {
      hint: 'name an unprivileged account in pkgsrc.build_user',
    });
  }
  return user;
};

/**
 * This process's own account: whom builds run as in sandboxes of an agent without root. An account without a name, or
 * with one that cannot be a directory's, is called builder.
 */
export const ownAccount = (): UserId => {
  let name = '';
  try {
    name = userInfo().username;
  } catch {
    // The account file does not know this number.
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)) name = 'builder';
  return { name, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, home: `/home/${name}` };
};

/** macOS keeps its accounts elsewhere. */
const askSystem = async (name: string): Promise<UserId | undefined> => {
  const [uid, gid] = await Promise.all([runTool(['id', '-u', name]), runTool(['id', '-g', name])]);
  if (!uid.ok || !gid.ok) return undefined;
  return parsePasswd(`${name}:*:${uid.stdout.trim()}:${gid.stdout.trim()}`)[0];
};

const parsePasswd = (text: string): UserId[] =>
  text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined) return [];
    if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return [];
    // The host's home directory is of no use in a sandbox: every build gets an empty one of its own.
    return [{ name, uid: Number(uid), gid: Number(gid), home: `/home/${name}` }];
  });
