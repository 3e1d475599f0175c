import type { Edges } from './edges.ts';
import type { ScanRecord } from './package.ts';

/** Why a package is not built whatever its dependencies are. */
export const MASKS = { none: 0, skip: 1, fail: 2 } as const;

/**
 * What resolving needs of records, and no more: strings that are there once, and numbers. Small enough to be handed to
 * another thread.
 */
export interface ResolveTable {
  /** PKGNAMEs, each once, in the order of the records. */
  readonly names: readonly string[];
  /** Distinct dependency words. */
  readonly words: readonly string[];
  /** From a record to its words, by their place in `words`, in the record's order. */
  readonly needs: Edges;
  /** One of `MASKS` for each record. */
  readonly masks: Uint8Array<ArrayBuffer>;
}

/** What resolving gives, for the names of the table in their order. */
export interface ResolvedTable {
  /** Direct dependencies in order of first need. */
  readonly depends: Edges;
  /** What each package that has trouble of its own, but for a mask, is unresolved for. */
  readonly reasons: ReadonlyMap<number, string>;
  /** The packages to blame for each one that is indirect, and what is the matter with them. */
  readonly indirect: ReadonlyMap<number, Blame>;
}

export interface Blame {
  readonly of: 'masked' | 'unresolved';
  readonly culprits: readonly number[];
}

/** Records as a table. Give no PKGNAME twice. */
export function tableRecords(records: readonly ScanRecord[]): ResolveTable {
  const starts = new Uint32Array(records.length + 1);
  const masks = new Uint8Array(records.length);
  const places = new Map<string, number>();
  let count = 0;
  for (const record of records) count += record.allDepends.length;
  const targets = new Uint32Array(count);
  let at = 0;
  for (const [index, { allDepends, skipReason, failReason }] of records.entries()) {
    for (const word of allDepends) {
      let place = places.get(word);
      if (place === undefined) {
        place = places.size;
        places.set(word, place);
      }
      targets[at++] = place;
    }
    starts[index + 1] = at;
    masks[index] = maskOf(skipReason, failReason);
  }
  return {
    names: records.map(({ pkgname }) => pkgname),
    words: [...places.keys()],
    needs: { starts, targets },
    masks,
  };
}

/** A skip reason weighs more than a fail reason when both are set. */
function maskOf(skipReason: string, failReason: string): number {
  if (skipReason !== '') return MASKS.skip;
  return failReason === '' ? MASKS.none : MASKS.fail;
}
