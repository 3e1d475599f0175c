import { suggestWord } from '../../src/config/suggestion.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { findCone, keepNeeded } from '../../src/pkgsrc/fresh/cone.ts';
import { identityKey, identityOf } from '../../src/pkgsrc/identity.ts';
import type { PkgName, Resolution } from '../../src/pkgsrc/package.ts';
import { parseSelection } from '../../src/pkgsrc/selection.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import type { RebuildRequest } from '../control/protocol.ts';

/** A package that failed in an earlier build. Its version may be another one by now. */
export interface FailedBefore {
  readonly pkgpath: string;
  readonly pkgbase: string;
}

/** What a rebuild concerns. */
export interface Aim {
  /** The packages to build again, with all that these need. */
  readonly resolution: Resolution;
  /** To be built whatever is known of them. */
  readonly asked: ReadonlySet<PkgName>;
  /** To be built because they need one that was asked for. */
  readonly cone: ReadonlySet<PkgName>;
  /** One line each for the operator. */
  readonly warnings: readonly string[];
}

/**
 * Finds what a rebuild means among the packages of a build. Throws `PACKAGE_UNKNOWN`, with the nearest name, when a word means
 * none of them, `PATTERN_INVALID`, and `NOTHING_TO_BUILD` when none of those that failed is left.
 */
export const aimRebuild = (
  whole: Resolution,
  request: RebuildRequest,
  failed: readonly FailedBefore[],
): Aim => {
  const roots = [...new Set([...findWords(whole, request.packages), ...findFailed(whole, failed)])];
  if (roots.length === 0) {
    throw new BulkmeshError('NOTHING_TO_BUILD', 'none of the packages that failed is in the tree any more', {
      hint: 'bulkmesh build builds what the tree has now',
    });
  }
  const cone = findCone(whole, roots);
  const named = (indexes: Iterable<number>): ReadonlySet<PkgName> =>
    new Set([...indexes].flatMap((index) => whole.packages[index]?.record.pkgname ?? []));
  const asked = named(roots);
  const wanted = request.only ? new Set(roots) : cone;
  const stale = cone.size - asked.size;
  return {
    resolution: keepNeeded(whole, wanted),
    asked,
    cone: request.only ? new Set() : named(cone),
    warnings: [
      ...listUnbuildable(whole, roots),
      ...(request.only && stale > 0
        ? [`${stale} packages were built with what is built again: the next build does these too`]
        : []),
    ],
  };
};

const findWords = ({ packages }: Resolution, words: readonly string[]): readonly number[] =>
  words.flatMap((word) => {
    const isMeant = parseSelection([word]);
    const found = packages.flatMap(({ record: { pkgname, pkgpath } }, index) =>
      isMeant({ pkgname, pkgpath, pkgbase: splitPkgName(pkgname).base }) ? [index] : [],
    );
    if (found.length === 0) throw unknownPackage({ packages }, word);
    return found;
  });

const unknownPackage = ({ packages }: Resolution, word: string): BulkmeshError => {
  const names = packages.flatMap(({ record: { pkgname, pkgpath } }) =>
    word.includes('/') ? [pkgpath] : [splitPkgName(pkgname).base, pkgname],
  );
  const near = suggestWord(word, names);
  return new BulkmeshError('PACKAGE_UNKNOWN', `no package of the last build is called ${word}`, {
    hint: near === undefined ? 'bulkmesh build scans anew what the configuration names' : `perhaps ${near}?`,
  });
};

const findFailed = ({ packages }: Resolution, failed: readonly FailedBefore[]): readonly number[] => {
  const keys = new Set(failed.map(({ pkgpath, pkgbase }) => identityKey(pkgpath, pkgbase)));
  return packages.flatMap(({ record }, index) => (keys.has(identityOf(record)) ? [index] : []));
};

const listUnbuildable = ({ packages }: Resolution, roots: readonly number[]): readonly string[] =>
  roots.flatMap((index) => {
    const found = packages[index];
    if (found === undefined || found.state.kind === 'buildable') return [];
    const { state } = found;
    const why =
      state.kind === 'indirect' ? `it needs ${state.culprits[0] ?? 'what is not built'}` : state.reason;
    return [`${found.record.pkgname} cannot be built: ${why}`];
  });
