import type { PkgName, ScanRecord } from './package.ts';

/** A second record of one PKGNAME, which is left out: of a multi-version package the default comes first. */
export interface DuplicateRecord {
  readonly dropped: ScanRecord;
  readonly kept: ScanRecord;
}

/** Keeps the first record of each PKGNAME. Give records in the order of the list, not as their scans ended. */
export function keepFirst(records: Iterable<ScanRecord>): {
  readonly records: readonly ScanRecord[];
  readonly duplicates: readonly DuplicateRecord[];
} {
  const first = new Map<PkgName, ScanRecord>();
  const duplicates: DuplicateRecord[] = [];
  for (const record of records) {
    const kept = first.get(record.pkgname);
    if (kept === undefined) first.set(record.pkgname, record);
    else duplicates.push({ dropped: record, kept });
  }
  return { records: [...first.values()], duplicates };
}
