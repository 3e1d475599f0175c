import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { type BuildId, buildId, type Life, type PlanId, planId } from '../core/ids.ts';
import { BulkmeshError } from '../errors.ts';
import type { Database } from './database.ts';
import { jsonColumn } from './jsonColumn.ts';
import { damagedStore } from './sqlError.ts';

/** `failed`: the build itself could not go on; packages that fail do not make a build fail. */
export type BuildEnding = 'complete' | 'stopped' | 'failed';

/** What make says of the machine. The same shape as a report's `Platform`. */
export interface BuildPlatform {
  readonly opsys: string;
  readonly osVersion: string;
  readonly machineArch: string;
  readonly compiler: string;
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
}

/** A PKGPATH whose scan failed, as it is kept. */
export interface StoredScanFailure {
  readonly pkgpath: string;
  readonly reason: string;
  readonly detail: string;
}

/** What a scan and a resolve gave. */
export interface StoredResolution {
  /** The text of `meta/presolve`. */
  readonly presolve: Uint8Array;
  readonly scanFailures: readonly StoredScanFailure[];
}

export interface BuildTable {
  createBuild(build: NewBuild): void;
  /** Written once the tree has been asked. */
  setPlatform(build: BuildId, platform: BuildPlatform): void;
  endBuild(build: BuildId, ending: BuildEnding, endedAtMs: number): void;
  /** Takes the ending away: the build goes on. */
  reopenBuild(build: BuildId): void;
  /** The build that was created last. */
  lastBuild(): BuildRecord | undefined;
  findBuild(build: BuildId): BuildRecord | undefined;
  /**
   * The latest build with this request and config, if it did not complete. Once such a build has completed,
   * older ones that did not are past and never come back.
   */
  findResumable(pkgpaths: readonly string[], configDigest: string): BuildRecord | undefined;
  /** Replaces what was saved before for this build. Compressing runs off the main thread. */
  saveResolution(build: BuildId, resolution: StoredResolution): Promise<void>;
  /** @throws {BulkmeshError} STORE_DAMAGED when what is stored cannot be unpacked. */
  loadResolution(build: BuildId): Promise<StoredResolution | undefined>;
  /** A plan never changes: saving it again with other bytes throws STORE_PLAN_CONFLICT. */
  savePlan(plan: PlanId, build: BuildId, bytes: Uint8Array): void;
  loadPlan(plan: PlanId): Uint8Array | undefined;
  /** The plans of a build, in the order they were saved. */
  plansOf(build: BuildId): PlanId[];
  /**
   * Drops all but the latest `keep` builds with their plans, facts, attempts and history; estimates stay.
   * Always kept are the latest build, those that are open, and those that this life of the agent has made
   * facts for: a number of a fact must never be given twice. Returns how many went.
   */
  forgetBuilds(keep: number): number;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const platform = z.object({
  opsys: z.string(),
  osVersion: z.string(),
  machineArch: z.string(),
  compiler: z.string(),
});
const scanFailures = z.array(z.object({ pkgpath: z.string(), reason: z.string(), detail: z.string() }));

const buildRow: z.ZodType<BuildRecord> = z.object({
  id: z.string().transform(buildId),
  startedAtMs: z.number(),
  endedAtMs: orUndefined(z.number()),
  ending: orUndefined(z.enum(['complete', 'stopped', 'failed'])),
  pkgpaths: jsonColumn(z.array(z.string())),
  configDigest: z.string(),
  platform: orUndefined(jsonColumn(platform)),
});
const resolutionRow = z.object({ presolve: z.instanceof(Uint8Array), failures: jsonColumn(scanFailures) });
const planRow = z.object({ bytes: z.instanceof(Uint8Array) });
const planIdRow = z.object({ id: z.string().transform(planId) });

const columns =
  'id, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs, ending, request AS pkgpaths, ' +
  'config_digest AS configDigest, platform';

/** The builds of this host and what a resume needs of them. */
export const makeBuildTable = (db: Database, life: Life): BuildTable => ({
  ...makeRecords(db),
  ...makeResolutions(db),
  ...makePlans(db),
  forgetBuilds: makeForget(db, life),
});

type Records = Omit<
  BuildTable,
  'saveResolution' | 'loadResolution' | 'savePlan' | 'loadPlan' | 'plansOf' | 'forgetBuilds'
>;

const makeRecords = (db: Database): Records => {
  const insert = db.prepare(
    'INSERT INTO builds (id, started_at_ms, request, config_digest) VALUES (?, ?, ?, ?)',
  );
  const setPlatform = db.prepare('UPDATE builds SET platform = ? WHERE id = ?');
  const setEnding = db.prepare('UPDATE builds SET ending = ?, ended_at_ms = ? WHERE id = ?');
  const selectLast = db.prepare(`SELECT ${columns} FROM builds ORDER BY number DESC LIMIT 1`);
  const selectOne = db.prepare(`SELECT ${columns} FROM builds WHERE id = ?`);
  const selectSame = db.prepare(
    `SELECT ${columns} FROM builds WHERE config_digest = ? AND request = ? ORDER BY number DESC LIMIT 1`,
  );
  const first = (rows: readonly unknown[]): BuildRecord | undefined =>
    db.checkRows('builds', rows, buildRow)[0];
  return {
    createBuild: (build) => {
      const { id, startedAtMs, configDigest } = build;
      db.write(() => insert.run(id, startedAtMs, encodeRequest(build.pkgpaths), configDigest));
    },
    setPlatform: (build, value) => {
      db.write(() => setPlatform.run(JSON.stringify(platform.parse(value)), build));
    },
    endBuild: (build, ending, endedAtMs) => {
      db.write(() => setEnding.run(ending, endedAtMs, build));
    },
    reopenBuild: (build) => {
      db.write(() => setEnding.run(null, null, build));
    },
    lastBuild: () => first(db.read(() => selectLast.all())),
    findBuild: (build) => first(db.read(() => selectOne.all(build))),
    findResumable: (pkgpaths, configDigest) => {
      const found = first(db.read(() => selectSame.all(configDigest, encodeRequest(pkgpaths))));
      return found?.ending === 'complete' ? undefined : found;
    },
  };
};

const makeResolutions = (db: Database): Pick<BuildTable, 'saveResolution' | 'loadResolution'> => {
  const insert = db.prepare('INSERT OR REPLACE INTO resolutions VALUES (?, ?, ?)');
  const select = db.prepare(
    'SELECT presolve_zstd AS presolve, scan_failures AS failures FROM resolutions WHERE build = ?',
  );
  return {
    saveResolution: async (build, resolution) => {
      const packed = await compress(resolution.presolve);
      const failures = JSON.stringify(resolution.scanFailures);
      db.write(() => insert.run(build, packed, failures));
    },
    loadResolution: async (build) => {
      const row = db.checkRows(
        'resolutions',
        db.read(() => select.all(build)),
        resolutionRow,
      )[0];
      if (row === undefined) return undefined;
      try {
        return { presolve: await decompress(row.presolve), scanFailures: row.failures };
      } catch (error) {
        throw damagedStore(db.file, `the scan result of build ${build} cannot be unpacked`, error);
      }
    },
  };
};

const makePlans = (db: Database): Pick<BuildTable, 'savePlan' | 'loadPlan' | 'plansOf'> => {
  const insert = db.prepare('INSERT INTO plans VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const select = db.prepare('SELECT bytes FROM plans WHERE id = ?');
  const selectOf = db.prepare('SELECT id FROM plans WHERE build = ? ORDER BY rowid');
  const load = (plan: PlanId): Uint8Array | undefined =>
    db.checkRows(
      'plans',
      db.read(() => select.all(plan)),
      planRow,
    )[0]?.bytes;
  return {
    savePlan: (plan, build, bytes) => {
      const { changes } = db.write(() => insert.run(plan, build, bytes));
      if (changes !== 0 || Buffer.compare(bytes, load(plan) ?? new Uint8Array()) === 0) return;
      throw new BulkmeshError('STORE_PLAN_CONFLICT', `plan ${plan} is known with other content`, {
        hint: 'This is a fault of bulkmesh: report it with its log.',
      });
    },
    loadPlan: load,
    plansOf: (build) =>
      db
        .checkRows(
          'plans',
          db.read(() => selectOf.all(build)),
          planIdRow,
        )
        .map((row) => row.id),
  };
};

const makeForget = (db: Database, life: Life): BuildTable['forgetBuilds'] => {
  const selectOld = db.prepare(
    `SELECT id FROM builds WHERE ending IS NOT NULL AND number <> (SELECT max(number) FROM builds)
     AND number NOT IN (SELECT number FROM builds ORDER BY number DESC LIMIT ?)
     AND id NOT IN (SELECT build FROM plans JOIN facts ON facts.plan_id = plans.id
                    WHERE facts.host = ? AND facts.incarnation = ?)`,
  );
  const ofPlans = 'WHERE plan_id IN (SELECT id FROM plans WHERE build = ?)';
  const drops = [
    `DELETE FROM facts ${ofPlans}`,
    `DELETE FROM attempts ${ofPlans}`,
    'DELETE FROM history WHERE build = ?',
    'DELETE FROM builds WHERE id = ?',
  ].map((text) => db.prepare(text));
  return (keep) =>
    db.write(() => {
      const old = db.checkRows(
        'builds',
        selectOld.all(keep, life.host, life.incarnation),
        z.object({ id: z.string() }),
      );
      for (const { id } of old) for (const drop of drops) drop.run(id);
      return old.length;
    });
};

/** One text per request: sorted, each path once. */
const encodeRequest = (pkgpaths: readonly string[]): string =>
  JSON.stringify([...new Set(pkgpaths)].toSorted());

function orUndefined<T>(schema: z.ZodType<T>) {
  return schema.nullable().transform((value) => value ?? undefined);
}
