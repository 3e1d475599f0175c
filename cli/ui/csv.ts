import type { HistoryRow } from '../../src/store/history.ts';

const general = [
  'timestamp',
  'pkgpath',
  'pkgname',
  'outcome',
  'stage',
  'make_jobs',
  'duration',
  'disk_usage',
  'memory',
  'host',
  'build_id',
] as const;

/**
 * History as CSV in the columns of bob's (Unix seconds, milliseconds, bytes, `-` for nothing, a column for each stage
 * and one for its CPU time), with memory, host and build besides.
 */
export function renderHistoryCsv(rows: readonly HistoryRow[]): string[] {
  const stages = [...new Set(rows.flatMap(({ steps }) => steps.map(({ step }) => step)))];
  const head = [...general, ...stages, ...stages.map((stage) => `cpu:${stage}`)];
  return [head.join(','), ...rows.map((row) => renderRow(row, stages))];
}

function renderRow(row: HistoryRow, stages: readonly string[]): string {
  const times = new Map(row.steps.map((step) => [step.step, step]));
  const cells = [
    Math.floor(row.endedAtMs / 1000),
    row.pkgpath,
    row.pkgname,
    row.outcome === 'built' ? 'success' : 'failed',
    row.stage,
    row.jobs || '',
    Math.round(row.wallMs),
    row.diskBytes || '',
    row.memoryBytes || '',
    row.host,
    row.build,
    ...stages.map((stage) => times.get(stage)?.wallMs ?? ''),
    ...stages.map((stage) => times.get(stage)?.cpuMs ?? ''),
  ];
  return cells.map((cell) => quoteCell(String(cell))).join(',');
}

/** No field may hold a comma or a line end; names and stages never do, a host's name is the host's. */
const quoteCell = (text: string): string => (text === '' ? '-' : text.replaceAll(/[",\s]/g, '_'));
