import { access } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { findReason } from '../makeoutput.ts';
import type { PkgPath, ScanFailure, ScanRecord } from '../package.ts';
import { parseRecords, type WordTable } from '../record.ts';
import { type BatchPorts, type MakeEnd, runMakes } from './makebatch.ts';

/** What the index of one PKGPATH gave: its records, or why there are none. */
export type PathIndex =
  | {
      readonly kind: 'indexed';
      readonly pkgpath: PkgPath;
      readonly records: readonly ScanRecord[];
      /** Every makefile that make read for any of them, as it printed the names. */
      readonly makefiles: readonly string[];
    }
  | { readonly kind: 'failed'; readonly pkgpath: PkgPath; readonly failure: ScanFailure };

export interface IndexRequest extends BatchPorts {
  /** Dependency words that many records share, each held once: one table for all paths of a scan. */
  readonly words: WordTable;
}

/**
 * Runs `make pbulk-index` in each of some package directories, in one sandbox: the unit of work of a scan, which any
 * host with the same tree can do. Paths in, an answer for each of them out, in their order. Whatever goes wrong is of one
 * path alone: exit code, signal, a malformed record, none at all. Throws as `runMakes`.
 */
export async function indexPaths(
  request: IndexRequest,
  pkgpaths: readonly PkgPath[],
): Promise<readonly PathIndex[]> {
  const there = await Promise.all(pkgpaths.map((path) => hasMakefile(request.environment.pkgsrc, path)));
  const present = pkgpaths.filter((_, index) => there[index]);
  const ends =
    present.length === 0 ? new Map() : await runMakes(request, present, { targets: ['pbulk-index'] });
  return pkgpaths.map((pkgpath): PathIndex => {
    const end = ends.get(pkgpath);
    if (end !== undefined) return readEnd(pkgpath, end, request.words);
    return failed(pkgpath, 'there is no such package in the tree', '');
  });
}

/** True when the tree, seen from outside, has a package at this path. */
export const hasMakefile = (pkgsrc: string, pkgpath: PkgPath): Promise<boolean> =>
  access(join(pkgsrc, pkgpath, 'Makefile')).then(
    () => true,
    () => false,
  );

/** Why a make that ended in a shell did not do what it should: one line, for people. */
export function explainEnd(end: MakeEnd): string {
  if (end.kind === 'lost') return end.reason;
  const signal = Object.entries(constants.signals).find(([, number]) => number === end.code - 128);
  if (signal !== undefined) return `killed by ${signal[0]}`;
  const said = findReason(end.stderr) ?? findReason(end.stdout);
  return said === undefined ? `exit ${end.code}` : `${said} (exit ${end.code})`;
}

function readEnd(pkgpath: PkgPath, end: MakeEnd, words: WordTable): PathIndex {
  const detail = end.kind === 'exited' ? end.stderr : '';
  if (end.kind === 'lost' || end.code !== 0) {
    return failed(pkgpath, `make pbulk-index: ${explainEnd(end)}`, detail);
  }
  const printed = Buffer.from(end.stdout);
  const { records, malformed } = parseRecords(printed, { kind: 'path', pkgpath }, words);
  const [first] = malformed;
  if (first !== undefined)
    return failed(pkgpath, `${first.where}, line ${first.line}: ${first.reason}`, detail);
  if (records.length === 0) return failed(pkgpath, 'make pbulk-index printed no record', detail);
  return { kind: 'indexed', pkgpath, records, makefiles: listMakefiles(end.stdout) };
}

const failed = (pkgpath: PkgPath, reason: string, detail: string): PathIndex => ({
  kind: 'failed',
  pkgpath,
  failure: { pkgpath, reason, detail },
});

/** The words of all SCAN_DEPENDS, each once; none when a record has no such line, for then nothing is known. */
function listMakefiles(printed: string): readonly string[] {
  const lists = [...printed.matchAll(/^SCAN_DEPENDS=(.*)$/gm)].map(([, list = '']) => list);
  const records = printed.match(/^PKGNAME=/gm)?.length ?? 0;
  if (lists.length !== records) return [];
  return [...new Set(lists.flatMap((list) => list.split(' ')))].filter((word) => word !== '');
}
