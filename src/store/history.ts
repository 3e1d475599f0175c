import type { StepTime } from '../core/facts/fact.ts';
import { type BuildId, buildId } from '../core/ids.ts';
import type { Database } from './database.ts';
import { BadValue, RowReader } from './row.ts';
import { decodeSteps, encodeSteps } from './steps.ts';

/** How one package went in one build. */
export interface HistoryRow {
  readonly pkgpath: string;
  /** PKGNAME without its version. */
  readonly pkgbase: string;
  readonly build: BuildId;
  readonly pkgname: string;
  readonly outcome: 'built' | 'failed';
  /** Where it failed; empty when it was built. */
  readonly stage: string;
  /** Unix milliseconds. */
  readonly endedAtMs: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** 0 when unknown. */
  readonly diskBytes: number;
  /** MAKE_JOBS of the run; 0 when unknown. */
  readonly jobs: number;
  readonly steps: readonly StepTime[];
  /** Name of the host that ran it; empty when unknown. */
  readonly host: string;
  /** The most memory that it took; 0 when it was not measured. */
  readonly memoryBytes: number;
  /** Why it failed; empty when it was built. */
  readonly reason: string;
}

/** What a package is expected to take. */
export interface Estimate {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly diskBytes: number;
  /** 0 when unknown. */
  readonly memoryBytes: number;
  /** Wall time of the slowest of the latest successes, milliseconds; 0 when there is none. */
  readonly slowestMs: number;
  /** MAKE_JOBS of the run that it comes from. */
  readonly jobs: number;
  /** False: it never succeeded, and the figures are those of its last failure. */
  readonly built: boolean;
}

/** By `historyKey`: the last success, else the last failure. */
export type Estimates = ReadonlyMap<string, Estimate>;

export interface HistoryTable extends HistoryQueries {
  /**
   * One commit. A row of the same package and build replaces the earlier one; of each package the latest
   * `historyDepth` builds stay.
   */
  addHistory(rows: readonly HistoryRow[]): void;
  estimates(): Estimates;
}

/** What reads the history and changes nothing. */
export interface HistoryQueries {
  /** Of one build, by PKGPATH and name. */
  historyOfBuild(build: BuildId): readonly HistoryRow[];
  /** Every row that `wanted` wants, the newest first. */
  findHistory(wanted: (row: HistoryKey) => boolean): readonly HistoryRow[];
}

export type HistoryKey = Pick<HistoryRow, 'pkgpath' | 'pkgbase' | 'pkgname'>;

/** Builds that are remembered of each package. */
export const historyDepth = 25;

/** How many of the latest successes count for the slowest one: hosts and packages change. */
const slowestDepth = 10;

/** The key of `estimates()`: `pkgpath pkgbase`. */
export const historyKey = (pkgpath: string, pkgbase: string): string => `${pkgpath} ${pkgbase}`;

/** What is known of a package; times that were imported without a PKGPATH hold for every package of that name. */
export const findEstimate = (estimates: Estimates, pkgpath: string, pkgbase: string): Estimate | undefined =>
  estimates.get(historyKey(pkgpath, pkgbase)) ?? estimates.get(historyKey('', pkgbase));

const columns =
  'pkgpath, pkgbase, build, pkgname, outcome, stage, ended_at_ms, wall_ms, cpu_ms, disk_bytes, jobs, steps, ' +
  'host, memory_bytes, reason';

/**
 * The history of all builds. The newest figures of each package are kept beside it in a table of their own,
 * so that what is read at the start of a build does not grow with the number of builds.
 */
export const makeHistoryTable = (db: Database): HistoryTable => {
  const marks = columns.replaceAll(/\w+/g, '?');
  const insert = db.prepare(`INSERT OR REPLACE INTO history (${columns}) VALUES (${marks})`);
  const dropOld = db.prepare(
    `DELETE FROM history WHERE pkgpath = ?1 AND pkgbase = ?2 AND ended_at_ms < (SELECT ended_at_ms FROM history
       WHERE pkgpath = ?1 AND pkgbase = ?2 ORDER BY ended_at_ms DESC LIMIT 1 OFFSET ${historyDepth - 1})`,
  );
  // A failure never displaces a success; otherwise the later one counts.
  const improve = db.prepare(
    `INSERT INTO estimates (pkgpath, pkgbase, built, ended_at_ms, wall_ms, cpu_ms, disk_bytes, jobs, memory_bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pkgpath, pkgbase) DO UPDATE SET
       built = excluded.built, ended_at_ms = excluded.ended_at_ms, wall_ms = excluded.wall_ms,
       cpu_ms = excluded.cpu_ms, disk_bytes = excluded.disk_bytes, jobs = excluded.jobs,
       memory_bytes = excluded.memory_bytes
     WHERE excluded.built > built OR (excluded.built = built AND excluded.ended_at_ms >= ended_at_ms)`,
  );
  const noteSlowest = db.prepare(
    `UPDATE estimates SET slowest_ms = (SELECT coalesce(max(wall_ms), 0) FROM (SELECT wall_ms FROM history
       WHERE pkgpath = ?1 AND pkgbase = ?2 AND outcome = 'built' ORDER BY ended_at_ms DESC LIMIT ${slowestDepth}))
     WHERE pkgpath = ?1 AND pkgbase = ?2`,
  );
  const select = db.prepare(
    'SELECT pkgpath, pkgbase, wall_ms, cpu_ms, disk_bytes, memory_bytes, slowest_ms, jobs, built FROM estimates',
  );
  select.setReturnArrays(true);
  return {
    ...makeHistoryQueries(db),
    addHistory: (rows) => {
      db.write(() => {
        for (const r of rows) {
          const figures = [r.endedAtMs, r.wallMs, r.cpuMs, r.diskBytes, r.jobs];
          const which = [r.pkgpath, r.pkgbase, r.build, r.pkgname, r.outcome, r.stage];
          insert.run(...which, ...figures, encodeSteps(r.steps), r.host, r.memoryBytes, r.reason);
          dropOld.run(r.pkgpath, r.pkgbase);
          improve.run(r.pkgpath, r.pkgbase, r.outcome === 'built' ? 1 : 0, ...figures, r.memoryBytes);
          if (r.outcome === 'built') noteSlowest.run(r.pkgpath, r.pkgbase);
        }
      });
    },
    estimates: () =>
      new Map(
        db.decodeRows(
          'estimates',
          db.read(() => select.all()),
          decodeEstimate,
        ),
      ),
  };
};

export const makeHistoryQueries = (db: Database): HistoryQueries => {
  const selectBuild = db.prepare(
    `SELECT ${columns} FROM history WHERE build = ? ORDER BY pkgpath, pkgbase, pkgname`,
  );
  selectBuild.setReturnArrays(true);
  const selectKeys = db.prepare('SELECT pkgpath, pkgbase, build, pkgname FROM history');
  selectKeys.setReturnArrays(true);
  const selectOne = db.prepare(
    `SELECT ${columns} FROM history WHERE pkgpath = ? AND pkgbase = ? AND build = ? AND pkgname = ?`,
  );
  selectOne.setReturnArrays(true);
  return {
    historyOfBuild: (build) =>
      db.decodeRows(
        'history',
        db.read(() => selectBuild.all(build)),
        decodeRow,
      ),
    findHistory: (wanted) => {
      const keys: string[][] = [];
      db.read(() => {
        for (const row of selectKeys.iterate()) {
          if (!isTexts(row)) continue;
          const [pkgpath = '', pkgbase = '', build = '', pkgname = ''] = row;
          if (wanted({ pkgpath, pkgbase, pkgname })) keys.push([pkgpath, pkgbase, build, pkgname]);
        }
      });
      const rows = db.read(() => keys.flatMap((key) => selectOne.all(...key)));
      return db.decodeRows('history', rows, decodeRow).sort((one, other) => other.endedAtMs - one.endedAtMs);
    },
  };
};

/** With `setReturnArrays` a row is an array, whatever its type says. */
const isTexts = (row: unknown): row is readonly string[] =>
  Array.isArray(row) && row.every((value) => typeof value === 'string');

const decodeRow = (row: unknown): HistoryRow => {
  const reader = new RowReader(row);
  return {
    pkgpath: reader.text('pkgpath'),
    pkgbase: reader.text('pkgbase'),
    build: buildId(reader.text('build')),
    pkgname: reader.text('pkgname'),
    outcome: readOutcome(reader.text('outcome')),
    stage: reader.text('stage'),
    endedAtMs: reader.number('ended_at_ms'),
    wallMs: reader.number('wall_ms'),
    cpuMs: reader.number('cpu_ms'),
    diskBytes: reader.number('disk_bytes'),
    jobs: reader.number('jobs'),
    steps: decodeSteps(reader.text('steps')),
    host: reader.text('host'),
    memoryBytes: reader.number('memory_bytes'),
    reason: reader.text('reason'),
  };
};

const readOutcome = (text: string): HistoryRow['outcome'] => {
  if (text === 'built' || text === 'failed') return text;
  throw new BadValue(`outcome: ${text}`);
};

const decodeEstimate = (row: unknown): readonly [string, Estimate] => {
  const reader = new RowReader(row);
  const key = historyKey(reader.text('pkgpath'), reader.text('pkgbase'));
  const wallMs = reader.number('wall_ms');
  const cpuMs = reader.number('cpu_ms');
  const diskBytes = reader.number('disk_bytes');
  return [
    key,
    {
      ...{ wallMs, cpuMs, diskBytes },
      memoryBytes: reader.number('memory_bytes'),
      slowestMs: reader.number('slowest_ms'),
      jobs: reader.number('jobs'),
      built: reader.number('built') === 1,
    },
  ];
};
