import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { SlotIds, UserId } from '../../src/sandbox/driver.ts';
import type { DriverTraits } from '../../src/sandbox/traits.ts';
import { type FileLock, lockFile } from '../../src/store/fileLock.ts';
import { findRegisterDir } from '../share/register.ts';

/** Below 2097152: the archive format ustar holds no larger ones. */
const usualFirst = 2_090_000;
/** For each agent of the host: slots, those that take their place, scans. */
const blockIds = 640;
const blocks = 11;

export interface FoundIds {
  /** Undefined: all slots build as the build user. */
  readonly ids: SlotIds | undefined;
  readonly warnings: readonly string[];
}

/** What the ids are checked against; tests bring their own. */
export interface Accounts {
  readonly passwd: string;
  readonly subuid: string;
  /** /proc/self/uid_map. */
  readonly uidMap: string;
}

/**
 * User ids for the slots of this agent, which no account and no other agent of this host has. Throws UIDS_TAKEN where the
 * configuration wants some that cannot be used.
 */
export const findSlotIds = (
  config: Config,
  traits: DriverTraits,
  user: UserId | undefined,
  accounts = readAccounts(),
): FoundIds => {
  const { firstUid } = config.sandbox;
  const isRoot = process.getuid?.() === 0;
  if (firstUid === 0 || !traits.hasOwnUsers || !isRoot || user === undefined)
    return { ids: undefined, warnings: [] };
  const first = firstUid ?? usualFirst;
  const problem =
    findClash(first, accounts) ?? (firstUid === undefined ? findStranger(config, user) : undefined);
  const block = problem === undefined ? claimBlock(first) : undefined;
  if (block !== undefined) {
    return { ids: { user, first: first + block * blockIds, count: blockIds }, warnings: [] };
  }
  const why = problem ?? `${blocks} other agents of this host have taken all user ids from ${first} on`;
  if (firstUid === undefined) {
    return { ids: undefined, warnings: [`all slots build as ${user.name}, with one user id: ${why}`] };
  }
  throw new BulkmeshError('UIDS_TAKEN', `sandbox.first_uid = ${firstUid} cannot be used: ${why}`, {
    hint: `give the first of ${blockIds * blocks} ids that nobody has, or 0 for the build user itself`,
  });
};

/** What else has one of these ids; undefined: nothing. */
const findClash = (first: number, { passwd, subuid, uidMap }: Accounts): string | undefined => {
  const end = first + blockIds * blocks;
  const range = `${first} to ${end - 1}`;
  for (const line of passwd.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    if (/^\d+$/.test(id) && Number(id) >= first && Number(id) < end) {
      return `the account ${name} has the user id ${id}, in the range ${range}`;
    }
  }
  for (const line of subuid.split('\n')) {
    const [name = '', start = '', count = ''] = line.split(':');
    if (!/^\d+$/.test(start) || !/^\d+$/.test(count)) continue;
    if (Number(start) < end && Number(start) + Number(count) > first) {
      return `/etc/subuid gives ${name} ids of the range ${range}`;
    }
  }
  const isMapped = [...uidMap.matchAll(/^\s*(\d+)\s+\d+\s+(\d+)$/gm)].some(
    ([, start, count]) => Number(start) <= first && end <= Number(start) + Number(count),
  );
  return isMapped ? undefined : `this host (a container?) has no user ids ${range}`;
};

/** Why builds would miss that the files of the build user are theirs; undefined: they do not. */
const findStranger = ({ sandbox, paths }: Config, user: UserId): string | undefined => {
  if (sandbox.rwDirs.length > 0) return 'sandbox.rw_dirs may hold files of its own';
  const tree = statSync(paths.pkgsrc, { throwIfNoEntry: false });
  if (tree === undefined) return undefined;
  const rights = tree.gid === user.gid ? 0o050 : 0o005;
  return (tree.mode & rights) === rights ? undefined : `nobody else may read ${paths.pkgsrc}`;
};

/** By the first id of the range. The lock is held for as long as somebody has it. */
const claimed = new Map<number, { readonly block: number; readonly lock: FileLock | undefined }>();

/** A part of the range that is this process's until it ends; undefined: all are taken. */
const claimBlock = (first: number): number | undefined => {
  const known = claimed.get(first);
  if (known !== undefined) return known.block;
  const place = findRegisterDir(process.env);
  for (let block = 0; block < blocks; block += 1) {
    const lock =
      place.kind === 'none' ? undefined : lockFile(join(place.dir, `uids-${first}-${block}.lock`), 0);
    if (place.kind === 'found' && lock === undefined) continue;
    claimed.set(first, { block, lock });
    return block;
  }
  return undefined;
};

const readAccounts = (): Accounts => ({
  passwd: readOr('/etc/passwd'),
  subuid: readOr('/etc/subuid'),
  uidMap: readOr('/proc/self/uid_map'),
});

const readOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
