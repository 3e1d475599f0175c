import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import type { BuildId } from '../core/ids.ts';
import { messageOf } from '../errors.ts';
import type { Database } from './database.ts';
import { damagedStore } from './sqlError.ts';

/** What a build set out to do, as decided before anything was built. */
export interface Decisions {
  /** A digest of what the scan gave, and one of everything outside the tree: with others, a build cannot go on as it was. */
  readonly records: string;
  readonly settings: string;
  readonly packages: readonly DecisionRow[];
}

export interface DecisionRow {
  readonly pkgname: string;
  readonly pkgpath: string;
  /** Full names of what it needs directly. */
  readonly needs: readonly string[];
  /** Any JSON value: what it means is for whoever decided. */
  readonly verdict: unknown;
}

export interface DecisionTable {
  /** Replaces what was saved for this build before. */
  saveDecisions(build: BuildId, decisions: Decisions): void;
  /** Undefined when the build never got as far as a plan. */
  decisionsOf(build: BuildId): Decisions | undefined;
}

/** The part that changes nothing. */
export type DecisionQueries = Pick<DecisionTable, 'decisionsOf'>;

const packed = z.object({
  records: z.string(),
  settings: z.string(),
  packages: z.array(z.tuple([z.string(), z.string(), z.array(z.number()), z.unknown()])),
});
const row = z.object({ rows: z.instanceof(Uint8Array) });

/** Why each package of a build is built or kept: one blob a build, as only ever a whole build is asked for. */
export const makeDecisionTable = (db: Database): DecisionTable => {
  const insert = db.prepare('INSERT OR REPLACE INTO decisions VALUES (?, ?)');
  return {
    ...makeDecisionQueries(db),
    saveDecisions: (build, { records, settings, packages }) => {
      const place = new Map(packages.map(({ pkgname }, index) => [pkgname, index]));
      const rows = packages.map(({ pkgname, pkgpath, needs, verdict }) => [
        pkgname,
        pkgpath,
        needs.flatMap((need) => place.get(need) ?? []),
        verdict,
      ]);
      const blob = zstdCompressSync(JSON.stringify({ records, settings, packages: rows }));
      db.write(() => insert.run(build, blob));
    },
  };
};

export const makeDecisionQueries = (db: Database): DecisionQueries => {
  const select = db.prepare('SELECT rows_zstd AS rows FROM decisions WHERE build = ?');
  return {
    decisionsOf: (build) => {
      const [found] = db.checkRows(
        'decisions',
        db.read(() => select.all(build)),
        row,
      );
      return found === undefined ? undefined : unpack(found.rows, db.file, build);
    },
  };
};

const unpack = (blob: Uint8Array, file: string, build: BuildId): Decisions => {
  try {
    const value: unknown = JSON.parse(zstdDecompressSync(blob).toString('utf8'));
    const { packages, ...rest } = packed.parse(value);
    const nameOf = (index: number): string | readonly [] => packages[index]?.[0] ?? [];
    return {
      ...rest,
      packages: packages.map(([pkgname, pkgpath, needs, verdict]) => ({
        pkgname,
        pkgpath,
        needs: needs.flatMap(nameOf),
        verdict,
      })),
    };
  } catch (error) {
    throw damagedStore(file, `the decisions of build ${build} cannot be read: ${messageOf(error)}`, error);
  }
};
