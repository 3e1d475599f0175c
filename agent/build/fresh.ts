import { createHash } from 'node:crypto';
import type { TreeEnvironment } from '../../src/pkgsrc/environment.ts';
import { decideFresh } from '../../src/pkgsrc/fresh/fresh.ts';
import type { Verdict } from '../../src/pkgsrc/fresh/verdict.ts';
import type { PkgName, Resolution } from '../../src/pkgsrc/package.ts';
import { recordBytes } from '../../src/pkgsrc/record.ts';
import type { Settings } from '../../src/pkgsrc/repository/note.ts';
import { loadRepository } from '../../src/pkgsrc/repository/repository.ts';
import { readTree } from '../../src/pkgsrc/repository/sources.ts';
import type { Decisions } from '../../src/store/decisions.ts';
import type { SettingsOf } from './settings.ts';

export interface FreshLook {
  readonly resolution: Resolution;
  readonly tree: TreeEnvironment;
  readonly pkgsrc: string;
  /** PACKAGES as it lies on this host. */
  readonly repositoryDir: string;
  readonly settingsOf: SettingsOf;
  readonly skipAgeCheck: boolean;
  /** To be built whatever is known of them. */
  readonly asked: ReadonlySet<PkgName>;
  /** To be built with those that they need. */
  readonly cone: ReadonlySet<PkgName>;
  /** This host's id: marks its temporary files. */
  readonly owner: string;
  readonly signal: AbortSignal;
}

/** Compares every buildable package with its file in the repository. Throws what the file system throws. */
export const lookForFresh = async (look: FreshLook): Promise<ReadonlyMap<PkgName, Verdict>> => {
  const { tree, repositoryDir, owner, signal } = look;
  const place = { packagesDir: repositoryDir, pkgSuffix: tree.pkgSuffix, owner };
  const repository = await loadRepository(place, signal);
  return decideFresh({ ...look, repository, tree: readTree(look.pkgsrc) });
};

/** What was decided, as it is kept: with it a build that goes on sees what has changed since. */
export const recordDecisions = (
  resolution: Resolution,
  settingsOf: SettingsOf,
  verdicts: ReadonlyMap<PkgName, Verdict>,
): Decisions => {
  const { packages } = resolution;
  const nameOf = (index: number): string | readonly [] => packages[index]?.record.pkgname ?? [];
  return {
    ...digestInputs(resolution, settingsOf),
    packages: packages.map(({ record, depends, state }) => ({
      pkgname: record.pkgname,
      pkgpath: record.pkgpath,
      needs: depends.flatMap(nameOf),
      verdict: verdicts.get(record.pkgname) ?? state,
    })),
  };
};

/** The same two digests: the same packages with the same settings. In which order the scan gave them is not in it. */
const digestInputs = (
  { packages }: Resolution,
  settingsOf: SettingsOf,
): Pick<Decisions, 'records' | 'settings'> => {
  const records = createHash('sha256');
  const settings = new Set<Settings>();
  const sorted = packages.toSorted((a, b) => (a.record.pkgname < b.record.pkgname ? -1 : 1));
  for (const { record } of sorted) {
    records.update(`${record.pkgname} ${record.pkgpath}\n`).update(recordBytes(record));
    settings.add(settingsOf(record));
  }
  const all = createHash('sha256');
  for (const line of new Set([...settings].map((one) => JSON.stringify(one)).sort())) all.update(`${line}\n`);
  return { records: records.digest('hex'), settings: all.digest('hex') };
};
