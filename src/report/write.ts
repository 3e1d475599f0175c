import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf } from '../errors.ts';
import { syncDirectory } from '../files.ts';
import { cutBrokenGraph } from './broken/brokenGraph.ts';
import { renderDot } from './broken/dot.ts';
import { renderSvg } from './broken/svg.ts';
import { type FileDraft, makeDirectory, publishFile, stageFile } from './files.ts';
import { formatMinute } from './format.ts';
import { renderHtml } from './html.ts';
import { renderJson } from './json.ts';
import { findLogs } from './logs.ts';
import {
  formatPlatform,
  renderError,
  renderPbuild,
  renderPresolve,
  renderPscan,
  renderReport,
  renderStatus,
  renderSuccess,
} from './meta.ts';
import type { ReportInput } from './model.ts';
import { deriveOutcomes, type Outcomes } from './outcomes.ts';
import { renderText } from './text.ts';
import { viewReport } from './view.ts';

/** Absolute paths of what was written. */
export interface ReportFiles {
  readonly dir: string;
  readonly html: string;
  readonly text: string;
  readonly json: string;
  readonly pscan: string;
  readonly presolve: string;
  readonly success: string;
  readonly error: string;
  readonly pbuild: string;
  readonly status: string;
  /** pbulk's machine-readable result. */
  readonly report: string;
  readonly reportZst: string;
  /** Undefined when no compressor was given, or it failed. */
  readonly reportBz2: string | undefined;
  /** What is broken and what needs it, for graphviz. */
  readonly dot: string;
  /** The same, drawn; undefined when the graph is too large. */
  readonly svg: string | undefined;
  /** What went wrong without spoiling the rest, one sentence each. */
  readonly warnings: readonly string[];
}

export interface WriteOptions {
  /** Those of the input, where they were derived already: a whole tree takes a quarter of a second. */
  readonly outcomes?: Outcomes;
  /** Makes `<file>.bz2` beside `file` and leaves `file` as it is; rejects when it cannot. */
  readonly compress?: ((file: string) => Promise<void>) | undefined;
}

/**
 * Writes every file of a report into `metaDir`, which is made if need be. All of them are complete and on the
 * disk before the first takes its place, so that a report is either the old one or the new one but for the
 * moment of the renames. Throws `BulkmeshError` REPORT_NOT_WRITTEN; then the earlier report is untouched.
 */
export async function writeReport(
  input: ReportInput,
  metaDir: string,
  options: WriteOptions = {},
): Promise<ReportFiles> {
  const dir = resolve(metaDir);
  await makeDirectory(dir);
  const outcomes = options.outcomes ?? deriveOutcomes(input);
  const logs = await findLogs(input.logDir, dir, [...input.facts.keys()]);
  const staged = new Map<string, string>();
  const warnings: string[] = [];
  try {
    const stage = async (draft: FileDraft): Promise<void> => {
      staged.set(draft.name, await stageFile(dir, draft));
    };
    await stage({ name: 'report', content: renderReport(input, outcomes) });
    const bz2 = await stageBzip2(staged, options, warnings);
    const view = viewReport(input, outcomes, logs, { dir, machineFile: bz2 ? 'report.bz2' : 'report.zst' });
    await stage({ name: 'report.zst', content: renderReport(input, outcomes), encoding: 'zstd' });
    await stage({ name: 'pscan', content: renderPscan(input) });
    await stage({ name: 'presolve', content: renderPresolve(input) });
    await stage({ name: 'success', content: [renderSuccess(outcomes)] });
    await stage({ name: 'error', content: [renderError(outcomes)] });
    await stage({ name: 'pbuild', content: [renderPbuild(outcomes)] });
    await stage({ name: 'status', content: [renderStatus(input)] });
    await stage({ name: 'report.txt', content: [renderText(view)] });
    await stage({ name: 'report.json', content: renderJson(view) });
    await stage({ name: 'report.html', content: [renderHtml(view)] });
    const broken = cutBrokenGraph(outcomes);
    await stage({ name: 'report.dot', content: renderDot(broken) });
    const svg = broken.edges.length < input.graphLimit;
    if (svg) await stage({ name: 'report.svg', content: [renderSvg(broken, nameReport(input))] });
    for (const [name, temporary] of staged) await publishFile(temporary, join(dir, name));
    // What an older build left beside this build's report would be taken for this one's.
    for (const name of ['report.bz2', 'report.svg']) {
      if (!staged.has(name)) await rm(join(dir, name), { force: true });
    }
    await syncDirectory(dir);
    return {
      ...namePaths(dir),
      reportBz2: bz2 ? join(dir, 'report.bz2') : undefined,
      svg: svg ? join(dir, 'report.svg') : undefined,
      warnings,
    };
  } catch (error) {
    for (const temporary of staged.values()) await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function stageBzip2(
  staged: Map<string, string>,
  options: WriteOptions,
  warnings: string[],
): Promise<boolean> {
  const plain = staged.get('report');
  if (options.compress === undefined || plain === undefined) return false;
  const packed = `${plain}.bz2`;
  try {
    await rm(packed, { force: true });
    await options.compress(plain);
    staged.set('report.bz2', packed);
    return true;
  } catch (cause) {
    await rm(packed, { force: true }).catch(() => undefined);
    warnings.push(`report.bz2 was not made: ${messageOf(cause)}`);
    return false;
  }
}

function nameReport(input: ReportInput): string {
  return `${formatPlatform(input)} bulk build ${formatMinute(input.startedAtMs)}`;
}

function namePaths(dir: string): Omit<ReportFiles, 'reportBz2' | 'svg' | 'warnings'> {
  return {
    dir,
    html: join(dir, 'report.html'),
    text: join(dir, 'report.txt'),
    json: join(dir, 'report.json'),
    pscan: join(dir, 'pscan'),
    presolve: join(dir, 'presolve'),
    success: join(dir, 'success'),
    error: join(dir, 'error'),
    pbuild: join(dir, 'pbuild'),
    status: join(dir, 'status'),
    report: join(dir, 'report'),
    reportZst: join(dir, 'report.zst'),
    dot: join(dir, 'report.dot'),
  };
}
