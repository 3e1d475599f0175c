import { access } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { findReason } from '../makeoutput.ts';
import { isPkgPath } from '../name.ts';
import type { PkgPath, ScanFailure, ScanRecord } from '../package.ts';
import { parseRecords, recordBytes } from '../record.ts';
import type { WordTable } from '../wordtable.ts';
import { type BatchPorts, type MakeEnd, runMakes } from './makebatch.ts';

/** What the index of one PKGPATH gave: its records, or why there are none. */
export type PathIndex =
  | {
      readonly kind: 'indexed';
      readonly pkgpath: PkgPath;
      readonly records: readonly ScanRecord[];
      /** The records as printed, each with its PKG_LOCATION. */
      readonly text: Buffer;
      /** Every makefile that make read for any of them, as it printed the names. */
      readonly makefiles: readonly string[];
    }
  | { readonly kind: 'failed'; readonly pkgpath: PkgPath; readonly failure: ScanFailure };

export interface IndexRequest extends BatchPorts {
  /** Dependency words that many records share, each held once: one table for all paths of a scan. */
  readonly words: WordTable;
  /** Where the tree lies on this host, when that is not where sandboxes have it. */
  readonly treeDir?: string | undefined;
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
  const treeDir = request.treeDir ?? request.environment.pkgsrc;
  const there = await Promise.all(pkgpaths.map((path) => hasMakefile(treeDir, path)));
  const present = pkgpaths.filter((_, index) => there[index]);
  const ends = await runMakes(request, present, { targets: ['pbulk-index'] });
  const together = parseTogether(ends, request.words);
  return pkgpaths.map((pkgpath): PathIndex => {
    const end = ends.get(pkgpath);
    if (end === undefined) return failed(pkgpath, 'there is no such package in the tree', '');
    return together.get(pkgpath) ?? readEnd(pkgpath, end, request.words);
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

/**
 * What many makes printed, parsed in one go, so that their text is packed in one go. Of those for which all is well; the
 * others are for a closer look.
 */
function parseTogether(ends: ReadonlyMap<string, MakeEnd>, words: WordTable): ReadonlyMap<string, PathIndex> {
  const texts = new Map<PkgPath, { readonly printed: string; readonly located: Buffer }>();
  for (const [pkgpath, end] of ends) {
    if (!isPkgPath(pkgpath) || end.kind !== 'exited' || end.code !== 0) continue;
    const located = locateRecords(pkgpath, end.stdout);
    if (located !== undefined) texts.set(pkgpath, { printed: end.stdout, located: Buffer.from(located) });
  }
  const joined = Buffer.concat([...texts.values()].map(({ located }) => located));
  const { records, malformed } = parseRecords(joined, { kind: 'file', path: 'the scan' }, words);
  const found = new Map<string, PathIndex>();
  if (malformed.length > 0) return found;
  for (const [pkgpath, list] of Map.groupBy(records, (record) => record.pkgpath)) {
    const text = texts.get(pkgpath);
    if (text === undefined) continue;
    const makefiles = listMakefiles(text.printed);
    found.set(pkgpath, { kind: 'indexed', pkgpath, records: list, text: text.located, makefiles });
  }
  return found;
}

/** Puts the path in as the second line of each record. Undefined for text that may not be all records, or says it itself. */
function locateRecords(pkgpath: PkgPath, printed: string): string | undefined {
  if (!printed.startsWith('PKGNAME=') || !printed.endsWith('\n') || printed.includes('PKG_LOCATION=')) {
    return undefined;
  }
  return printed.replaceAll(/^PKGNAME=.*\n/gm, (line) => `${line}PKG_LOCATION=${pkgpath}\n`);
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
  const text = Buffer.concat(records.map(recordBytes));
  return { kind: 'indexed', pkgpath, records, text, makefiles: listMakefiles(end.stdout) };
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
