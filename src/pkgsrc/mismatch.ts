import { Chooser } from './chooser.ts';
import { parseDepend } from './depend.ts';
import type { PkgPath, Resolution, ScanRecord } from './package.ts';

/** A dependency that was found, but not where the word says: a warning of the classic resolver, no trouble. */
export interface LocationMismatch {
  readonly record: ScanRecord;
  readonly word: string;
  readonly chosen: ScanRecord;
  readonly wanted: PkgPath;
}

/** All words that a package from another PKGPATH than they name was taken for, in their order. */
export function listMismatches({ packages }: Resolution): readonly LocationMismatch[] {
  const chooser = new Chooser(packages.map(({ record }) => record.pkgname));
  const words = new Map<string, { wanted: PkgPath; matches: readonly number[]; best: number } | undefined>();
  const look = (word: string) => {
    const depend = parseDepend(word);
    const choice = chooser.choose(word);
    if (depend.kind === 'malformed' || choice.kind === 'missing') return undefined;
    return { wanted: depend.pkgpath, matches: choice.matches, best: choice.best };
  };
  return packages.flatMap(({ record }) => {
    const found: LocationMismatch[] = [];
    const taken = new Set<number>();
    for (const word of record.allDepends) {
      if (!words.has(word)) words.set(word, look(word));
      const choice = words.get(word);
      if (choice === undefined) continue;
      const taking = choice.matches.find((match) => taken.has(match)) ?? choice.best;
      taken.add(taking);
      const chosen = packages[taking]?.record;
      if (chosen === undefined || chosen.pkgpath === choice.wanted) continue;
      found.push({ record, word, chosen, wanted: choice.wanted });
    }
    return found;
  });
}
