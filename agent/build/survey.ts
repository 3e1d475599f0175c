import type { Config } from '../../src/config/config.ts';
import { slotName } from '../../src/core/ids.ts';
import { messageOf } from '../../src/errors.ts';
import { readTreeEnvironment, type TreeEnvironment } from '../../src/pkgsrc/environment.ts';
import type { MakeEnvironment } from '../../src/pkgsrc/make.ts';
import type { ScanFailure, ScanRecord } from '../../src/pkgsrc/package.ts';
import { scanTree } from '../../src/pkgsrc/scan/scan.ts';
import type { Sandbox, SandboxDriver } from '../../src/sandbox/driver.ts';
import type { Ground } from './ground.ts';

export interface SurveyRequest {
  readonly config: Config;
  readonly driver: SandboxDriver;
  readonly ground: Ground;
  /** Empty: the whole tree. */
  readonly pkgpaths: readonly string[];
  readonly signal: AbortSignal;
  /** Records of this build from before a restart: then the tree is only asked for its platform. */
  readonly known: SurveyResult | undefined;
  readonly onScanning: () => void;
  readonly onProgress: (done: number, total: number, failed: number) => void;
  readonly onFailure: (failure: ScanFailure) => void;
  readonly onWarning: (line: string) => void;
}

export interface SurveyResult {
  readonly records: readonly ScanRecord[];
  readonly failures: readonly ScanFailure[];
}

export interface Survey extends SurveyResult {
  readonly tree: TreeEnvironment;
  /** With the variables that the tree would otherwise ask for at every start of make. */
  readonly make: MakeEnvironment;
}

/** Asks the tree about itself and its packages, in a sandbox of its own that is gone afterwards. */
export const surveyTree = async (request: SurveyRequest): Promise<Survey> => {
  const sandbox = await request.driver.prepare(slotName('scan-1'), request.ground.spec);
  try {
    return await surveyInside(request, sandbox);
  } finally {
    await destroySandbox(request, sandbox);
  }
};

/** What is left of a scan that was stopped is told here: of a stopped build nobody hears an error. */
const destroySandbox = async ({ signal, onWarning }: SurveyRequest, sandbox: Sandbox): Promise<void> => {
  try {
    await sandbox.destroy();
  } catch (error) {
    if (signal.aborted) onWarning(`the sandbox of the scan will not come clean: ${messageOf(error)}`);
    throw error;
  }
};

const surveyInside = async (request: SurveyRequest, sandbox: Sandbox): Promise<Survey> => {
  const { config, ground, signal } = request;
  const expected = {
    packages: config.paths.packages,
    pkgDbdir: config.pkgsrc.pkgDbdir,
    prefix: config.pkgsrc.prefix,
  };
  const tree = await readTreeEnvironment({ sandbox, environment: ground.make, expected, signal });
  const make = { ...ground.make, cacheVars: tree.cacheVars };
  if (request.known !== undefined) return { ...request.known, tree, make };
  request.onScanning();
  const scanned = await scanTree({
    sandbox,
    environment: make,
    pkgpaths: request.pkgpaths,
    concurrency: config.build.scanProcs,
    signal,
    onProgress: request.onProgress,
    onFailure: request.onFailure,
    onWarning: request.onWarning,
  });
  return { records: scanned.records, failures: scanned.failures, tree, make };
};
