import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import type { BuildId } from '../core/ids.ts';
import { messageOf } from '../errors.ts';
import type { Database } from './database.ts';
import { damagedStore } from './sqlError.ts';

/** How one package ended in one build. */
export interface PackageOutcomeRow {
  readonly pkgpath: string;
  /** PKGNAME without its version: with the PKGPATH the identity of a package from build to build. */
  readonly pkgbase: string;
  readonly pkgname: string;
  readonly status: OutcomeStatus;
  /** Where it failed; empty for all others. */
  readonly stage: string;
  /** Why, for one that failed, is masked or unresolved; empty for all others. */
  readonly reason: string;
}

/** `open`: the build was stopped before its turn came. */
export type OutcomeStatus = (typeof statuses)[number];

export interface OutcomeTable {
  /** Replaces what was saved for this build before. */
  saveOutcomes(build: BuildId, rows: readonly PackageOutcomeRow[]): void;
  /** In the order in which they were saved; undefined when the build never got as far as a report. */
  outcomesOf(build: BuildId): readonly PackageOutcomeRow[] | undefined;
}

const statuses = ['built', 'kept', 'failed', 'blocked', 'masked', 'unresolved', 'open'] as const;
const packed = z.array(
  z.tuple([z.string(), z.string(), z.string(), z.enum(statuses), z.string(), z.string()]),
);
const outcomesRow = z.object({ rows: z.instanceof(Uint8Array) });

/** One blob a build: a row a package would make a table of millions that is only ever read by the build. */
export const makeOutcomeTable = (db: Database): OutcomeTable => {
  const insert = db.prepare('INSERT OR REPLACE INTO outcomes VALUES (?, ?)');
  return {
    ...makeOutcomeQueries(db),
    saveOutcomes: (build, rows) => {
      const text = JSON.stringify(
        rows.map((row) => [row.pkgpath, row.pkgbase, row.pkgname, row.status, row.stage, row.reason]),
      );
      const blob = zstdCompressSync(text);
      db.write(() => insert.run(build, blob));
    },
  };
};

/** The part that changes nothing. */
export type OutcomeQueries = Pick<OutcomeTable, 'outcomesOf'>;

export const makeOutcomeQueries = (db: Database): OutcomeQueries => {
  const select = db.prepare('SELECT rows_zstd AS rows FROM outcomes WHERE build = ?');
  return {
    outcomesOf: (build) => {
      const found = db.read(() => select.all(build));
      const [row] = db.checkRows('outcomes', found, outcomesRow);
      return row === undefined ? undefined : unpack(row.rows, db.file, build);
    },
  };
};

const unpack = (blob: Uint8Array, file: string, build: BuildId): readonly PackageOutcomeRow[] => {
  try {
    const value: unknown = JSON.parse(zstdDecompressSync(blob).toString('utf8'));
    return packed.parse(value).map(([pkgpath, pkgbase, pkgname, status, stage, reason]) => ({
      pkgpath,
      pkgbase,
      pkgname,
      status,
      stage,
      reason,
    }));
  } catch (error) {
    throw damagedStore(file, `the outcomes of build ${build} cannot be read: ${messageOf(error)}`, error);
  }
};
