import { checkPkgPath } from '../../src/pkgsrc/name.ts';
import type { PkgPath, ScanRecord } from '../../src/pkgsrc/package.ts';
import { parseRecords, type ScanOutput } from '../../src/pkgsrc/record.ts';

export interface RecordWish {
  readonly location?: string;
  readonly depends?: string;
  readonly skip?: string;
  readonly fail?: string;
  /** More lines, each with its newline. */
  readonly more?: string;
}

/** The lines of one record as a pscan file has them. */
export function recordText(pkgname: string, wish: RecordWish = {}): string {
  return [
    `PKGNAME=${pkgname}`,
    `PKG_LOCATION=${wish.location ?? `cat/${pkgname.slice(0, pkgname.lastIndexOf('-'))}`}`,
    `ALL_DEPENDS=${wish.depends ?? ''}`,
    `PKG_SKIP_REASON=${wish.skip ?? ''}`,
    `PKG_FAIL_REASON=${wish.fail ?? ''}`,
    'SCAN_DEPENDS=../../mk/bsd.pkg.mk Makefile',
    wish.more ?? '',
  ].join('\n');
}

export function parseFile(text: string): ScanOutput {
  return parseRecords(Buffer.from(text), { kind: 'file', path: 'meta/pscan' });
}

export function parsePath(text: string, path: string): ScanOutput {
  return parseRecords(Buffer.from(text), { kind: 'path', pkgpath: pkgPath(path) });
}

/** Records whose dependency words are written short: `b>=1` for `b>=1:../../cat/b`. */
export function makeRecord(pkgname: string, wish: RecordWish = {}): ScanRecord {
  const words = (wish.depends ?? '').split(' ').filter((word) => word !== '');
  const depends = words.map((word) =>
    word.includes(':') ? word : `${word}:../../cat/${/^[a-z0-9]*/.exec(word)}`,
  );
  const output = parseFile(recordText(pkgname, { ...wish, depends: depends.join(' ') }));
  const [record] = output.records;
  if (record === undefined) throw new Error(JSON.stringify(output.malformed));
  return record;
}

export const pkgPath = (text: string): PkgPath => checkPkgPath(text);
