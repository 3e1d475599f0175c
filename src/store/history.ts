import type { StepTime } from '../core/facts/fact.ts';
import type { BuildId } from '../core/ids.ts';
import type { Database } from './database.ts';
import { stepsSchema } from './facts.ts';
import { RowReader } from './row.ts';

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
  /** MAKE_JOBS of the run. */
  readonly jobs: number;
  readonly steps: readonly StepTime[];
}

/** What a package is expected to take. */
export interface Estimate {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly diskBytes: number;
  /** MAKE_JOBS of the run that it comes from. */
  readonly jobs: number;
  /** False: it never succeeded, and the figures are those of its last failure. */
  readonly built: boolean;
}

export interface HistoryTable {
  /** One commit. A row of the same package and build replaces the earlier one. */
  addHistory(rows: readonly HistoryRow[]): void;
  /** By `historyKey`: the last success, else the last failure. */
  estimates(): ReadonlyMap<string, Estimate>;
}

/** The key of `estimates()`: `pkgpath pkgbase`. */
export const historyKey = (pkgpath: string, pkgbase: string): string => `${pkgpath} ${pkgbase}`;

/**
 * The history of all builds. The newest figures of each package are kept beside it in a table of their own,
 * so that what is read at the start of a build does not grow with the number of builds.
 */
export const makeHistoryTable = (db: Database): HistoryTable => {
  const insert = db.prepare('INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  // A failure never displaces a success; otherwise the later one counts.
  const improve = db.prepare(
    `INSERT INTO estimates VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pkgpath, pkgbase) DO UPDATE SET
       built = excluded.built, ended_at_ms = excluded.ended_at_ms, wall_ms = excluded.wall_ms,
       cpu_ms = excluded.cpu_ms, disk_bytes = excluded.disk_bytes, jobs = excluded.jobs
     WHERE excluded.built > built OR (excluded.built = built AND excluded.ended_at_ms >= ended_at_ms)`,
  );
  const select = db.prepare(
    'SELECT pkgpath, pkgbase, wall_ms, cpu_ms, disk_bytes, jobs, built FROM estimates',
  );
  select.setReturnArrays(true);
  return {
    addHistory: (rows) => {
      db.write(() => {
        for (const r of rows) {
          const steps = JSON.stringify(stepsSchema.parse(r.steps));
          const figures = [r.endedAtMs, r.wallMs, r.cpuMs, r.diskBytes, r.jobs];
          insert.run(r.pkgpath, r.pkgbase, r.build, r.pkgname, r.outcome, r.stage, ...figures, steps);
          improve.run(r.pkgpath, r.pkgbase, r.outcome === 'built' ? 1 : 0, ...figures);
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

const decodeEstimate = (row: unknown): readonly [string, Estimate] => {
  const reader = new RowReader(row);
  const key = historyKey(reader.text('pkgpath'), reader.text('pkgbase'));
  const wallMs = reader.number('wall_ms');
  const cpuMs = reader.number('cpu_ms');
  const diskBytes = reader.number('disk_bytes');
  return [
    key,
    { wallMs, cpuMs, diskBytes, jobs: reader.number('jobs'), built: reader.number('built') === 1 },
  ];
};
