import type { PkgName, Resolution } from '../package.ts';
import { splitPkgName } from '../version.ts';

/** What decides whether a package of the repository may be offered. */
export interface OfferedNote {
  /** It says itself that it may not. */
  readonly noBinOnFtp: boolean;
  /** What it was built with. */
  readonly buildDepends: readonly PkgName[];
}

/**
 * The packages that may not be offered: those with NO_BIN_ON_FTP, by the scan or by themselves, and whatever depends on
 * them, directly or not, as pbulk leaves them out of an upload. The graph of the scan decides for the packages that it
 * has; for others of the repository what they were built with does, in whatever version.
 */
export function findRestricted(
  { packages }: Resolution,
  notes: ReadonlyMap<PkgName, OfferedNote>,
): ReadonlySet<PkgName> {
  const users = new Map<string, PkgName[]>();
  const addUser = (on: string, user: PkgName): void => {
    const list = users.get(on);
    if (list === undefined) users.set(on, [user]);
    else list.push(user);
  };
  const restricted = new Set<PkgName>();
  const scanned = new Set<PkgName>();
  for (const { record, depends } of packages) {
    scanned.add(record.pkgname);
    if (record.noBinOnFtp !== '') restricted.add(record.pkgname);
    for (const on of depends) {
      const name = packages[on]?.record.pkgname;
      if (name !== undefined) addUser(name, record.pkgname);
    }
  }
  for (const [name, note] of notes) {
    if (note.noBinOnFtp) restricted.add(name);
    if (scanned.has(name)) continue;
    for (const on of note.buildDepends) addUser(baseKey(on), name);
  }
  // A set gives what is added while it is walked through.
  for (const name of restricted) {
    for (const user of users.get(name) ?? []) restricted.add(user);
    for (const user of users.get(baseKey(name)) ?? []) restricted.add(user);
  }
  return restricted;
}

/** No PKGNAME has a blank. */
const baseKey = (name: PkgName): string => `${splitPkgName(name).base} `;
