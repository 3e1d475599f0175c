import type { PkgName } from '../package.ts';
import { listRunNeeds } from './installs.ts';
import type { FileLook } from './note.ts';
import { lookAtPackage } from './notes.ts';
import type { RepositoryPlace } from './place.ts';
import { knowPackage } from './repository.ts';

interface Seen {
  readonly look: string;
  readonly digest: string;
  readonly needs: readonly PkgName[];
}

/**
 * What the installation of packages reads: files and their content ids. It remembers files as long as they look the same, so
 * that the notes of what everything needs are not read again for each package.
 */
export class InstallFiles {
  readonly #place: RepositoryPlace;
  readonly #needsOf: (pkgname: PkgName) => readonly PkgName[];
  readonly #seen = new Map<PkgName, Seen>();

  /** `needsOf` says what a package was resolved to need, at run time and to be built. */
  constructor(place: RepositoryPlace, needsOf: (pkgname: PkgName) => readonly PkgName[]) {
    this.#place = place;
    this.#needsOf = needsOf;
  }

  /**
   * The file of a package and those that are installed with it, by name in the order of names. Undefined when one is not
   * there or cannot be read. Throws what the file system throws.
   */
  async list(pkgname: PkgName): Promise<ReadonlyMap<PkgName, string> | undefined> {
    const found = new Map<PkgName, string>();
    // It grows while it is walked through.
    const wanted = new Set([pkgname]);
    for (const name of wanted) {
      const seen = await this.#see(name);
      if (seen === undefined) return undefined;
      found.set(name, seen.digest);
      for (const need of seen.needs) wanted.add(need);
    }
    return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  async #see(pkgname: PkgName): Promise<Seen | undefined> {
    const now = lookAtPackage(this.#place, pkgname);
    if (now === undefined) return undefined;
    const look = describeLook(now);
    const seen = this.#seen.get(pkgname);
    if (seen?.look === look) return seen;
    const known = await knowPackage(this.#place, pkgname);
    if (known.kind !== 'noted') return undefined;
    const needs = listRunNeeds(known.note, this.#needsOf(pkgname));
    const fresh = {
      look: describeLook({ ...known.note.look, sizeBytes: known.note.sizeBytes }),
      digest: known.note.digest,
      needs,
    };
    this.#seen.set(pkgname, fresh);
    return fresh;
  }
}

const describeLook = ({
  mtimeMs,
  ctimeMs,
  inode,
  sizeBytes,
}: FileLook & { readonly sizeBytes: number }): string => [mtimeMs, ctimeMs, inode, sizeBytes].join(':');
