import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { BulkmeshError } from '../errors.ts';

/** One step from a schema version to the next. Never edited once released: a change is a new entry. */
export interface Migration {
  /** The version that holds after `sql` has run. Dense from 1. */
  readonly version: number;
  readonly sql: string;
}

/** Marks the file as ours (`PRAGMA application_id`): the letters "bmsh". */
const applicationId = 0x626d7368;

const versionOne = `
CREATE TABLE host (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  host_id TEXT NOT NULL,
  incarnation INTEGER NOT NULL
) STRICT;

CREATE TABLE builds (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  started_at_ms REAL NOT NULL,
  ended_at_ms REAL,
  ending TEXT CHECK (ending IN ('complete', 'stopped', 'failed')),
  request TEXT NOT NULL,
  config_digest TEXT NOT NULL,
  platform TEXT
) STRICT;
CREATE INDEX builds_by_request ON builds (config_digest, number);

CREATE TABLE scans (
  build TEXT PRIMARY KEY REFERENCES builds (id) ON DELETE CASCADE,
  records_zstd BLOB NOT NULL,
  failures TEXT NOT NULL
) STRICT;

CREATE TABLE plans (
  id TEXT PRIMARY KEY,
  build TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
  bytes BLOB NOT NULL
) STRICT;
CREATE INDEX plans_by_build ON plans (build);

CREATE TABLE facts (
  host TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  plan_id TEXT NOT NULL,
  task TEXT NOT NULL,
  token TEXT NOT NULL,
  outcome TEXT NOT NULL,
  slot TEXT NOT NULL,
  started_at_ms REAL NOT NULL,
  wall_ms REAL NOT NULL,
  cpu_ms REAL NOT NULL,
  jobs INTEGER NOT NULL,
  steps TEXT NOT NULL,
  disk_bytes REAL NOT NULL,
  PRIMARY KEY (host, incarnation, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX facts_by_plan ON facts (plan_id);

CREATE TABLE attempts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  plan_id TEXT NOT NULL,
  task TEXT NOT NULL,
  token TEXT NOT NULL UNIQUE,
  slot TEXT NOT NULL,
  trouble TEXT NOT NULL,
  detail TEXT NOT NULL,
  started_at_ms REAL NOT NULL,
  ended_at_ms REAL NOT NULL
) STRICT;
CREATE INDEX attempts_by_plan ON attempts (plan_id);

CREATE TABLE runs (
  token TEXT PRIMARY KEY,
  plan_id TEXT NOT NULL,
  task TEXT NOT NULL,
  slot TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  started_at_ms REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
  pkgpath TEXT NOT NULL,
  pkgbase TEXT NOT NULL,
  build TEXT NOT NULL,
  pkgname TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('built', 'failed')),
  stage TEXT NOT NULL,
  ended_at_ms REAL NOT NULL,
  wall_ms REAL NOT NULL,
  cpu_ms REAL NOT NULL,
  disk_bytes REAL NOT NULL,
  jobs INTEGER NOT NULL,
  steps TEXT NOT NULL,
  PRIMARY KEY (pkgpath, pkgbase, build, pkgname)
) STRICT, WITHOUT ROWID;
CREATE INDEX history_by_build ON history (build);

CREATE TABLE estimates (
  pkgpath TEXT NOT NULL,
  pkgbase TEXT NOT NULL,
  built INTEGER NOT NULL,
  ended_at_ms REAL NOT NULL,
  wall_ms REAL NOT NULL,
  cpu_ms REAL NOT NULL,
  disk_bytes REAL NOT NULL,
  jobs INTEGER NOT NULL,
  PRIMARY KEY (pkgpath, pkgbase)
) STRICT, WITHOUT ROWID;
`;

/**
 * What scans gave, by content: an answer holds for as long as each of its states does. A state is a file with a digest;
 * `proof` packs the numbers of an answer's states, and its text is a cut of a piece that it shares with its neighbours.
 */
const scanCache = `
DROP TABLE scans;

CREATE TABLE scan_identities (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  used_at_ms REAL NOT NULL
) STRICT;

CREATE TABLE scan_pieces (
  id INTEGER PRIMARY KEY,
  zstd BLOB NOT NULL
) STRICT;

CREATE TABLE scan_answers (
  identity INTEGER NOT NULL REFERENCES scan_identities (id) ON DELETE CASCADE,
  place TEXT NOT NULL,
  piece INTEGER NOT NULL,
  start INTEGER NOT NULL,
  length INTEGER NOT NULL,
  proof BLOB NOT NULL,
  PRIMARY KEY (identity, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE scan_states (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;

CREATE TABLE file_digests (
  path TEXT PRIMARY KEY,
  look TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Why each package of a build was built or kept. */
const decisions = `
CREATE TABLE decisions (
  build TEXT PRIMARY KEY REFERENCES builds (id) ON DELETE CASCADE,
  rows_zstd BLOB NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** What a build came to, and how each of its packages ended: for lists and comparisons of builds. */
const buildFigures = `
ALTER TABLE builds ADD COLUMN revision TEXT;
ALTER TABLE builds ADD COLUMN figures TEXT;
CREATE TABLE outcomes (
  build TEXT PRIMARY KEY REFERENCES builds (id) ON DELETE CASCADE,
  rows_zstd BLOB NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE history ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE history ADD COLUMN memory_bytes REAL NOT NULL DEFAULT 0;
ALTER TABLE history ADD COLUMN reason TEXT NOT NULL DEFAULT '';
`;

/** What packages take, for the choice of their work area and for watchdogs. */
const needs = `
ALTER TABLE facts ADD COLUMN memory_bytes REAL NOT NULL DEFAULT 0;
ALTER TABLE estimates ADD COLUMN memory_bytes REAL NOT NULL DEFAULT 0;
ALTER TABLE estimates ADD COLUMN slowest_ms REAL NOT NULL DEFAULT 0;
`;

/** A token of `incarnation.sequence@host` as one of a ballot below all others, of a nameless start, that never changed hands. */
const newToken =
  "'0.' || substr(token, 1, instr(token, '.') - 1) || '.' || " +
  "substr(token, instr(token, '.'), instr(token, '@') - instr(token, '.')) || '.0' || substr(token, instr(token, '@'))";

/**
 * Journals in place of facts: what is known of troubled attempts is kept too, and each life numbers its entries in each
 * plan from 1.
 */
const journals = `
ALTER TABLE host ADD COLUMN ballot_n INTEGER NOT NULL DEFAULT 0;

CREATE TABLE journal (
  plan_id TEXT NOT NULL,
  host TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  boot TEXT NOT NULL,
  seq INTEGER NOT NULL,
  task TEXT NOT NULL,
  token TEXT NOT NULL,
  outcome TEXT NOT NULL,
  slot TEXT NOT NULL,
  started_at_ms REAL NOT NULL,
  wall_ms REAL NOT NULL,
  cpu_ms REAL NOT NULL,
  jobs INTEGER NOT NULL,
  steps TEXT NOT NULL,
  disk_bytes REAL NOT NULL,
  memory_bytes REAL NOT NULL,
  PRIMARY KEY (plan_id, host, incarnation, boot, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO journal
SELECT plan_id, host, incarnation, '', row_number() OVER (PARTITION BY plan_id, host, incarnation ORDER BY seq),
  task, ${newToken}, outcome, slot, started_at_ms, wall_ms, cpu_ms, jobs, steps, disk_bytes, memory_bytes
FROM facts;
DROP TABLE facts;

UPDATE runs SET token = ${newToken};
UPDATE attempts SET token = ${newToken};
`;

/** Every schema that was ever released, in order. */
export const migrations: readonly Migration[] = [
  { version: 1, sql: versionOne },
  { version: 2, sql: [scanCache, decisions, buildFigures].join('\n') },
  { version: 3, sql: needs },
  { version: 4, sql: journals },
];

/**
 * Brings the database to the newest schema of `list`, one transaction a step, so that a crash in between
 * leaves a whole older version.
 * @throws {BulkmeshError} STORE_TOO_NEW when a later release wrote it, STORE_FOREIGN when it is not ours at
 * all.
 */
export const migrate = (sql: DatabaseSync, file: string, list: readonly Migration[] = migrations): void => {
  const found = readPragma(sql, 'user_version');
  const known = list.at(-1)?.version ?? 0;
  refuseForeign(sql, file, found);
  if (found > known) throw tooNew(file, found, known);
  for (const step of list) {
    if (step.version <= found) continue;
    sql.exec(
      `BEGIN IMMEDIATE; ${step.sql}; PRAGMA user_version = ${step.version}; ` +
        `PRAGMA application_id = ${applicationId}; COMMIT;`,
    );
  }
};

/**
 * For who only reads: throws unless the file has the newest format.
 * @throws {BulkmeshError} STORE_TOO_OLD, STORE_TOO_NEW, STORE_FOREIGN.
 */
export const checkVersion = (sql: DatabaseSync, file: string): void => {
  const found = readPragma(sql, 'user_version');
  const known = migrations.at(-1)?.version ?? 0;
  refuseForeign(sql, file, found);
  if (found > known) throw tooNew(file, found, known);
  if (found === known) return;
  throw new BulkmeshError('STORE_TOO_OLD', `${file}: its format is version ${found}, not yet ${known}`, {
    hint: 'Start the agent once, or a build: it brings the file to the present format.',
  });
};

const tooNew = (file: string, found: number, known: number): BulkmeshError =>
  new BulkmeshError(
    'STORE_TOO_NEW',
    `${file}: its format is version ${found}, this program knows versions up to ${known}`,
    { hint: 'Start the newer bulkmesh that wrote it, or give this one another paths.state.' },
  );

const refuseForeign = (sql: DatabaseSync, file: string, version: number): void => {
  const row = sql.prepare('SELECT count(*) AS tables FROM sqlite_schema').get();
  const { tables } = z.object({ tables: z.number() }).parse(row);
  const empty = version === 0 && tables === 0;
  if (empty || readPragma(sql, 'application_id') === applicationId) return;
  throw new BulkmeshError('STORE_FOREIGN', `${file}: an SQLite file, but not one of bulkmesh`, {
    hint: 'Move it away, or give another paths.state.',
  });
};

const readPragma = (sql: DatabaseSync, name: 'user_version' | 'application_id'): number => {
  const row = sql.prepare(`PRAGMA ${name}`).get();
  return z.object({ [name]: z.number() }).parse(row)[name] ?? 0;
};
