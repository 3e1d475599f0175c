import type { StepTime } from '../../core/facts/fact.ts';
import { BulkmeshError } from '../../errors.ts';
import { isPkgName, isPkgPath } from '../name.ts';
import type { ImportedTime, ImportedTimes } from './times.ts';

const required = ['timestamp', 'pkgpath', 'pkgname', 'outcome', 'duration'] as const;
/** The columns of bob's `history -f csv` that are no stage. */
const general: ReadonlySet<string> = new Set([
  ...required,
  'pkgbase',
  'build_id',
  'stage',
  'make_jobs',
  'disk_usage',
  'memory',
  'host',
]);
const cpuPrefix = 'cpu:';

type Row = Readonly<Record<string, string>>;

/**
 * Reads the history of bob as CSV: a line of column names, then a line a package. Times in milliseconds, disk in
 * bytes, timestamp in Unix seconds, `-` for nothing; a column that is no known one is a stage, and `cpu:STAGE` its CPU
 * time. Lines that make no sense are told and left out. Throws `BulkmeshError` TIMES_INVALID when the first line is
 * not that of such a file.
 */
export function readBobHistory(text: string, file: string): ImportedTimes {
  const [head = '', ...lines] = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const columns = head.split(',');
  const missing = required.filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    throw new BulkmeshError('TIMES_INVALID', `${file}: its first line has no ${missing.join(', ')}`, {
      hint: 'Give a file that bob wrote with `bob history -a -f csv`.',
    });
  }
  const stages = columns.filter((name) => !general.has(name) && !name.startsWith(cpuPrefix));
  const times: ImportedTime[] = [];
  const bad: { line: number; reason: string }[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const values = line.split(',');
    const row = Object.fromEntries(columns.map((name, at) => [name, values[at] ?? '']));
    const time = values.length === columns.length ? readRow(row, stages) : 'another number of columns';
    if (typeof time === 'string') bad.push({ line: index + 2, reason: time });
    else times.push(time);
  }
  return { times, bad };
}

function readRow(row: Row, stages: readonly string[]): ImportedTime | string {
  const { pkgpath = '', pkgname = '', outcome = '' } = row;
  if (!isPkgPath(pkgpath)) return `${JSON.stringify(pkgpath)} is not a PKGPATH`;
  if (!isPkgName(pkgname)) return `${JSON.stringify(pkgname)} is not a package name`;
  const endedAtMs = 1000 * readCount(row.timestamp);
  const wallMs = readCount(row.duration);
  if (!(endedAtMs > 0 && wallMs >= 0)) return 'timestamp or duration is no number';
  const steps = stages.flatMap((step): StepTime[] => {
    const stepMs = readCount(row[step]);
    return stepMs >= 0
      ? [{ step, wallMs: stepMs, cpuMs: Math.max(0, readCount(row[cpuPrefix + step])) }]
      : [];
  });
  return {
    pkgpath,
    pkgname,
    outcome: outcome === 'success' ? 'built' : 'failed',
    stage: outcome === 'success' ? '' : (row.stage ?? '').replace(/^-$/, ''),
    endedAtMs,
    wallMs,
    cpuMs: steps.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    diskBytes: Math.max(0, readCount(row.disk_usage)),
    jobs: Math.max(0, readCount(row.make_jobs)),
    steps,
  };
}

/** -1 for what is no whole number. */
const readCount = (text: string | undefined): number =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : -1;
