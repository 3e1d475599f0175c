import { z } from 'zod';
import { type BuildId, buildId, type Life } from '../core/ids.ts';
import type { Database } from './database.ts';
import { jsonColumn } from './jsonColumn.ts';

/** `failed`: the build itself could not go on; packages that fail do not make a build fail. */
export type BuildEnding = 'complete' | 'stopped' | 'failed';

/** What make says of the machine. The same shape as a report's `Platform`. */
export interface BuildPlatform {
  readonly opsys: string;
  readonly osVersion: string;
  readonly machineArch: string;
  readonly compiler: string;
}

/** What a build came to, when it ended. */
export interface BuildFigures {
  /** Packages of its graph by how they ended. */
  readonly built: number;
  readonly kept: number;
  readonly failed: number;
  /** Kept from being built by a failure. */
  readonly blocked: number;
  /** Masked or unresolved, directly or not. */
  readonly masked: number;
  /** Neither: the build was stopped before. */
  readonly open: number;
  /** From the first package to the last, without scan and breaks. */
  readonly makespanMs: number;
  /** Time of all slots in which a package was built. */
  readonly busyMs: number;
}

export interface NewBuild {
  readonly id: BuildId;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
  /** What was asked for; empty: what the config says. Order and repetition do not matter. */
  readonly pkgpaths: readonly string[];
  /** `configDigest` of the config it runs with. */
  readonly configDigest: string;
}

export interface BuildRecord extends NewBuild {
  /** Unix milliseconds; undefined while it is open. */
  readonly endedAtMs: number | undefined;
  /** Undefined while it is open, which after a start of the agent means: cut short by a crash. */
  readonly ending: BuildEnding | undefined;
  readonly platform: BuildPlatform | undefined;
  /** Of the tree: `git:<hash> (<branch>)`; undefined where it is not known. */
  readonly revision: string | undefined;
  /** Undefined while it is open, and of a build that ended without a report. */
  readonly figures: BuildFigures | undefined;
}

export interface BuildTable {
  createBuild(build: NewBuild): void;
  /** Written once the tree has been asked. */
  setPlatform(build: BuildId, platform: BuildPlatform): void;
  setRevision(build: BuildId, revision: string): void;
  endBuild(build: BuildId, ending: BuildEnding, endedAtMs: number, figures?: BuildFigures): void;
  /** Takes the ending away: the build goes on. */
  reopenBuild(build: BuildId): void;
  /** The build that was created last. */
  lastBuild(): BuildRecord | undefined;
  /** The newest first. */
  listBuilds(): readonly BuildRecord[];
  findBuild(build: BuildId): BuildRecord | undefined;
  /**
   * The latest build with this request and config, if it did not complete. Once such a build has completed,
   * older ones that did not are past and never come back.
   */
  findResumable(pkgpaths: readonly string[], configDigest: string): BuildRecord | undefined;
  /**
   * Drops all but the latest `keep` builds with their plans, journals, attempts and outcomes; history stays.
   * Always kept are the latest build, those that are open, and those that this life of the agent has made
   * entries for: a number of an entry must never be given twice. Returns how many went.
   */
  forgetBuilds(keep: number): number;
}

const platform = z.object({
  opsys: z.string(),
  osVersion: z.string(),
  machineArch: z.string(),
  compiler: z.string(),
});

const figures: z.ZodType<BuildFigures> = z.object({
  built: z.number(),
  kept: z.number(),
  failed: z.number(),
  blocked: z.number(),
  masked: z.number(),
  open: z.number(),
  makespanMs: z.number(),
  busyMs: z.number(),
});

const buildRow: z.ZodType<BuildRecord> = z.object({
  id: z.string().transform(buildId),
  startedAtMs: z.number(),
  endedAtMs: orUndefined(z.number()),
  ending: orUndefined(z.enum(['complete', 'stopped', 'failed'])),
  pkgpaths: jsonColumn(z.array(z.string())),
  configDigest: z.string(),
  platform: orUndefined(jsonColumn(platform)),
  revision: orUndefined(z.string()),
  figures: orUndefined(jsonColumn(figures)),
});

const columns =
  'id, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs, ending, request AS pkgpaths, ' +
  'config_digest AS configDigest, platform, revision, figures';

/** The builds of this host. */
export const makeBuildTable = (db: Database, life: Life): BuildTable => ({
  ...makeBuildQueries(db),
  ...makeRecords(db),
  forgetBuilds: makeForget(db, life),
});

/** What reads builds and changes nothing. */
export type BuildQueries = Pick<BuildTable, 'lastBuild' | 'listBuilds' | 'findBuild'>;

export const makeBuildQueries = (db: Database): BuildQueries => {
  const selectAll = db.prepare(`SELECT ${columns} FROM builds ORDER BY number DESC`);
  const selectLast = db.prepare(`SELECT ${columns} FROM builds ORDER BY number DESC LIMIT 1`);
  const selectOne = db.prepare(`SELECT ${columns} FROM builds WHERE id = ?`);
  const read = (rows: () => readonly unknown[]): readonly BuildRecord[] =>
    db.checkRows('builds', db.read(rows), buildRow);
  return {
    lastBuild: () => read(() => selectLast.all())[0],
    listBuilds: () => read(() => selectAll.all()),
    findBuild: (build) => read(() => selectOne.all(build))[0],
  };
};

type Records = Omit<BuildTable, keyof BuildQueries | 'forgetBuilds'>;

const makeRecords = (db: Database): Records => {
  const insert = db.prepare(
    'INSERT INTO builds (id, started_at_ms, request, config_digest) VALUES (?, ?, ?, ?)',
  );
  const setPlatform = db.prepare('UPDATE builds SET platform = ? WHERE id = ?');
  const setRevision = db.prepare('UPDATE builds SET revision = ? WHERE id = ?');
  const setEnding = db.prepare('UPDATE builds SET ending = ?, ended_at_ms = ?, figures = ? WHERE id = ?');
  const selectSame = db.prepare(
    `SELECT ${columns} FROM builds WHERE config_digest = ? AND request = ? ORDER BY number DESC LIMIT 1`,
  );
  return {
    createBuild: (build) => {
      const { id, startedAtMs, configDigest } = build;
      db.write(() => insert.run(id, startedAtMs, encodeRequest(build.pkgpaths), configDigest));
    },
    setPlatform: (build, value) => {
      db.write(() => setPlatform.run(JSON.stringify(platform.parse(value)), build));
    },
    setRevision: (build, revision) => {
      db.write(() => setRevision.run(revision, build));
    },
    endBuild: (build, ending, endedAtMs, told) => {
      const text = told === undefined ? null : JSON.stringify(figures.parse(told));
      db.write(() => setEnding.run(ending, endedAtMs, text, build));
    },
    reopenBuild: (build) => {
      db.write(() => setEnding.run(null, null, null, build));
    },
    findResumable: (pkgpaths, configDigest) => {
      const rows = db.read(() => selectSame.all(configDigest, encodeRequest(pkgpaths)));
      const [found] = db.checkRows('builds', rows, buildRow);
      return found?.ending === 'complete' ? undefined : found;
    },
  };
};

const makeForget = (db: Database, life: Life): BuildTable['forgetBuilds'] => {
  const selectOld = db.prepare(
    `SELECT id FROM builds WHERE ending IS NOT NULL AND number <> (SELECT max(number) FROM builds)
     AND number NOT IN (SELECT number FROM builds ORDER BY number DESC LIMIT ?)
     AND id NOT IN (SELECT build FROM plans JOIN journal ON journal.plan_id = plans.id
                    WHERE journal.host = ? AND journal.incarnation = ? AND journal.boot = ?)`,
  );
  const ofPlans = 'WHERE plan_id IN (SELECT id FROM plans WHERE build = ?)';
  const drops = [
    `DELETE FROM journal ${ofPlans}`,
    `DELETE FROM attempts ${ofPlans}`,
    'DELETE FROM builds WHERE id = ?',
  ].map((text) => db.prepare(text));
  // Plans that scan are not kept: of those of earlier lives nobody asks any more.
  const dropScans = db.prepare(
    `DELETE FROM journal WHERE plan_id NOT IN (SELECT id FROM plans)
     AND NOT (host = ? AND incarnation = ? AND boot = ?)`,
  );
  return (keep) =>
    db.write(() => {
      const old = db.checkRows(
        'builds',
        selectOld.all(keep, life.host, life.incarnation, life.boot),
        z.object({ id: z.string() }),
      );
      for (const { id } of old) for (const drop of drops) drop.run(id);
      dropScans.run(life.host, life.incarnation, life.boot);
      return old.length;
    });
};

/** One text per request: sorted, each path once. */
const encodeRequest = (pkgpaths: readonly string[]): string =>
  JSON.stringify([...new Set(pkgpaths)].toSorted());

function orUndefined<T>(schema: z.ZodType<T>) {
  return schema.nullable().transform((value) => value ?? undefined);
}
