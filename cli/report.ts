import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { agentPaths } from '../agent/paths.ts';
import type { Config } from '../src/config/config.ts';
import { BulkmeshError } from '../src/errors.ts';
import type { FailedPackage } from './ui/view.ts';

/** Where the files of the last build's report lie, whether or not they are there. */
export interface ReportPaths {
  readonly text: string;
  readonly html: string;
  readonly json: string;
}

/** What became of one package in the last build. */
export interface ReportedPackage {
  readonly pkgname: string;
  readonly pkgpath: string;
  readonly standing: string;
  readonly stage: string | undefined;
  readonly reason: string | undefined;
  /** The packages that keep this one from being built. */
  readonly culprits: readonly string[];
}

/** What the last build changed for the better and for the worse. */
export interface ReportedComparison {
  readonly build: string;
  /** ISO 8601. */
  readonly endedAt: string;
  readonly newFailures: readonly ReportedFailure[];
  readonly stillFailing: readonly (ReportedFailure & { readonly stageBefore?: string | undefined })[];
  readonly firstFailures: readonly ReportedFailure[];
  readonly fixed: readonly { readonly pkgname: string; readonly stageBefore: string }[];
}

interface ReportedFailure {
  readonly pkgname: string;
  readonly stage: string;
  readonly reason: string;
}

/** The last build's report, as far as commands use it. */
export interface Report {
  readonly build: string;
  readonly packages: readonly ReportedPackage[];
  readonly failed: readonly FailedPackage[];
  /** Undefined when there was no build to compare it with. */
  readonly comparison: ReportedComparison | undefined;
  readonly scanFailures: readonly {
    readonly pkgpath: string;
    readonly reason: string;
    readonly detail: string;
  }[];
}

const failure = z.object({ pkgname: z.string(), stage: z.string(), reason: z.string() });

// What is not read here is passed on by --json.
const comparisonSchema = z.looseObject({
  build: z.string(),
  endedAt: z.iso.datetime(),
  newFailures: z.array(failure),
  stillFailing: z.array(failure.extend({ stageBefore: z.string().optional() })),
  firstFailures: z.array(failure),
  fixed: z.array(z.object({ pkgname: z.string(), stageBefore: z.string() })),
});

const reportSchema = z.object({
  schema: z.literal('bulkmesh-report'),
  version: z.literal(1),
  build: z.object({ id: z.string() }),
  comparison: comparisonSchema.optional(),
  scanFailures: z.array(z.object({ pkgpath: z.string(), reason: z.string(), detail: z.string() })),
  packages: z.array(
    z.object({
      pkgname: z.string(),
      pkgpath: z.string(),
      standing: z.string(),
      stage: z.string().optional(),
      reason: z.string().optional(),
      culprits: z.array(z.string()).default([]),
    }),
  ),
});

/** Where the report lies. */
export function findReport(config: Config): ReportPaths {
  const { meta } = agentPaths(config);
  return {
    text: join(meta, 'report.txt'),
    html: join(meta, 'report.html'),
    json: join(meta, 'report.json'),
  };
}

/** The last build's report; undefined when there is none. Throws `REPORT_UNREADABLE` when it is not one. */
export async function readReport(config: Config): Promise<Report | undefined> {
  const path = findReport(config).json;
  const text = await readText(path);
  if (text === undefined) return undefined;
  const checked = reportSchema.safeParse(parseJson(text));
  if (!checked.success) {
    throw new BulkmeshError('REPORT_UNREADABLE', `${path} is not a report that this version understands`, {
      hint: 'it may be of another version of bulkmesh; the next build writes a new one',
      cause: checked.error,
    });
  }
  const { build, packages, scanFailures, comparison } = checked.data;
  return {
    build: build.id,
    packages: packages.map((pkg) => ({ ...pkg, stage: pkg.stage, reason: pkg.reason })),
    failed: packages
      .filter((pkg) => pkg.standing === 'failed')
      .map((pkg) => ({ pkg: pkg.pkgname, stage: pkg.stage ?? 'unknown', reason: pkg.reason ?? '' })),
    scanFailures,
    comparison,
  };
}

/** A file of the report as it is. Throws `REPORT_MISSING`. */
export async function readReportFile(path: string): Promise<string> {
  const text = await readText(path);
  if (text !== undefined) return text;
  throw missingReport(path);
}

/** `REPORT_MISSING`. */
export function missingReport(path: string): BulkmeshError {
  return new BulkmeshError('REPORT_MISSING', `there is no report at ${path}`, {
    hint: 'a report is written when a build ends: bulkmesh build',
  });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new BulkmeshError('REPORT_UNREADABLE', `${path} cannot be read: ${String(error)}`, {
      cause: error,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
