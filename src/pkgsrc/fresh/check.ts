import type { PkgName, ResolvedPackage } from '../package.ts';
import type { BuiltWith, MadeFrom, PackageNote, Settings } from '../repository/note.ts';
import type { Repository } from '../repository/repository.ts';
import { isTreePath, type TreeReader } from '../repository/sources.ts';
import { splitPkgName } from '../version.ts';
import { REASONS_MAX, type Reason } from './verdict.ts';

/** What a package is compared with. */
export interface Present {
  readonly repository: Repository;
  readonly tree: TreeReader;
  settingsOf(found: ResolvedPackage): Settings;
  /** Full names of what it needs directly. */
  dependsOf(found: ResolvedPackage): readonly PkgName[];
  /** A dependency that was built again is no reason. */
  readonly skipAgeCheck: boolean;
}

/**
 * Why one package cannot stay as it is, looking at itself and the files of its dependencies; none: it can. The tests are
 * those of pbulk and bob (existence, +BUILD_VERSION, dependencies, age), on contents instead of times and ids where
 * this program built the package.
 */
export function listReasons(found: ResolvedPackage, present: Present): readonly Reason[] {
  const { pkgname, pkgpath } = found.record;
  const unreadable = present.repository.unreadable.get(pkgname);
  if (unreadable !== undefined) return [{ kind: 'unreadable', detail: unreadable }];
  const note = present.repository.notes.get(pkgname);
  if (note === undefined) return [{ kind: 'absent' }];
  if (note.pkgpath !== undefined && note.pkgpath !== pkgpath) return [{ kind: 'moved', from: note.pkgpath }];
  if (note.built !== undefined) return listOwn(found, note.built, present);
  if (note.made !== undefined) return listAdopted(found, note, note.made, present);
  return [{ kind: 'unreadable', detail: 'it does not say what it was made from' }];
}

function listOwn(found: ResolvedPackage, built: BuiltWith, present: Present): readonly Reason[] {
  const depends = present.dependsOf(found);
  return [
    ...compareFiles(found, built.fileDigests, present.tree),
    ...compareSettings(built.settings, present.settingsOf(found)),
    ...compareNames(Object.keys(built.dependDigests), depends),
    ...(present.skipAgeCheck ? [] : compareContents(built.dependDigests, depends, present.repository)),
  ];
}

function compareFiles(
  { record }: ResolvedPackage,
  recorded: Readonly<Record<string, string>>,
  tree: TreeReader,
): readonly Reason[] {
  const reasons: Reason[] = [];
  const dirs = new Set<string>([record.pkgpath]);
  for (const [path, digest] of Object.entries(recorded)) {
    if (!isTreePath(path)) continue;
    const now = tree.digest(path);
    if (now !== digest)
      reasons.push({ kind: 'file', path, change: now === undefined ? 'removed' : 'changed' });
    // FILESDIR and PATCHDIR may be another package's.
    const shared = /^([^/]+\/[^/]+)\/(files|patches)\//.exec(path);
    if (shared !== null && shared[1] !== record.pkgpath) dirs.add(`${shared[1]}/${shared[2]}`);
  }
  for (const path of [...dirs].flatMap((dir) => tree.list(dir))) {
    if (!Object.hasOwn(recorded, path)) reasons.push({ kind: 'file', path, change: 'added' });
  }
  return reasons.slice(0, REASONS_MAX);
}

function compareSettings(recorded: Settings, now: Settings): readonly Reason[] {
  const names = new Set([...Object.keys(recorded), ...Object.keys(now)]);
  return [...names]
    .filter((name) => recorded[name] !== now[name])
    .map((name): Reason => ({ kind: 'setting', name }));
}

/** A dependency that came into being is no reason: its makefile, or what it includes, says it, or the package had it already. */
function compareNames(recorded: readonly string[], depends: readonly PkgName[]): readonly Reason[] {
  const names = new Set<string>(depends);
  const gone = recorded.filter((name) => !names.has(name));
  if (gone.length === 0) return [];
  const byBase = new Map(depends.map((name) => [splitPkgName(name).base, name]));
  return gone.slice(0, REASONS_MAX).map((from): Reason => {
    const pkgname = byBase.get(splitPkgName(from).base);
    return pkgname === undefined ? { kind: 'dropped', pkgname: from } : { kind: 'version', from, pkgname };
  });
}

function compareContents(
  recorded: Readonly<Record<string, string>>,
  depends: readonly PkgName[],
  { notes }: Repository,
): readonly Reason[] {
  return depends
    .filter((name) => {
      const then = recorded[name];
      const now = notes.get(name)?.digest;
      return then !== undefined && now !== undefined && then !== now;
    })
    .slice(0, REASONS_MAX)
    .map((pkgname): Reason => ({ kind: 'newer', pkgname, byTime: false }));
}

function listAdopted(
  found: ResolvedPackage,
  note: PackageNote,
  made: MadeFrom,
  { tree, dependsOf, repository, skipAgeCheck }: Present,
): readonly Reason[] {
  const depends = dependsOf(found);
  const used = new Set<string>(made.buildDepends);
  const isNewer = (name: PkgName): boolean =>
    used.has(name) && (repository.notes.get(name)?.look.mtimeMs ?? 0) > note.look.mtimeMs;
  return [
    ...compareIds(made, tree),
    ...compareNames(made.buildDepends, depends),
    ...(skipAgeCheck ? [] : depends.filter(isNewer))
      .slice(0, REASONS_MAX)
      .map((pkgname): Reason => ({ kind: 'newer', pkgname, byTime: true })),
  ];
}

/** By RCS ids, as pbulk does; where the id is a sha256, as in trees without RCS, by that. */
function compareIds({ files }: MadeFrom, tree: TreeReader): readonly Reason[] {
  const reasons: Reason[] = [];
  for (const { path, id } of files) {
    const now = /^[0-9a-f]{64}$/.test(id) ? tree.digest(path) : tree.rcsId(path);
    if (now !== id) reasons.push({ kind: 'file', path, change: now === undefined ? 'removed' : 'changed' });
  }
  return reasons.slice(0, REASONS_MAX);
}
