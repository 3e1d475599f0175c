import type { Config } from '../../src/config/config.ts';
import { slotName } from '../../src/core/ids.ts';
import { messageOf } from '../../src/errors.ts';
import { readTreeEnvironment, type TreeEnvironment } from '../../src/pkgsrc/environment.ts';
import type { MakeEnvironment } from '../../src/pkgsrc/make.ts';
import type { ScanFailure, ScanRecord } from '../../src/pkgsrc/package.ts';
import type { AnswerStore } from '../../src/pkgsrc/scan/answerstore.ts';
import type { Elsewhere } from '../../src/pkgsrc/scan/elsewhere.ts';
import { digestLikeness } from '../../src/pkgsrc/scan/insidefiles.ts';
import { openAnswers } from '../../src/pkgsrc/scan/openanswers.ts';
import { scanTree } from '../../src/pkgsrc/scan/scan.ts';
import type { Sandbox, SandboxDriver } from '../../src/sandbox/driver.ts';
import type { Scanner } from '../scan/dealer.ts';
import type { Ground } from './ground.ts';
import { sandboxLimits } from './limits.ts';

export interface SurveyRequest {
  readonly config: Config;
  readonly driver: SandboxDriver;
  readonly ground: Ground;
  /** Empty: the whole tree. */
  readonly pkgpaths: readonly string[];
  readonly signal: AbortSignal;
  /** Where answers of earlier scans are; undefined: none are used, and none kept. */
  readonly store: AnswerStore | undefined;
  /** Other hosts that may help; undefined: this one scans alone. */
  readonly help?: ((scanner: Scanner) => Elsewhere) | undefined;
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

/** A survey that was made just now. */
export interface NewSurvey extends Survey {
  /** PKGPATHs that make was asked about; what the others give was known. */
  readonly makes: number;
}

/** Asks the tree about itself and its packages, in a sandbox of its own that is gone afterwards. */
export const surveyTree = async (request: SurveyRequest): Promise<NewSurvey> => {
  const { driver, ground } = request;
  const sandbox = await driver.prepare(slotName(`scan-${(stuck.get(driver) ?? 0) + 1}`), ground.spec);
  try {
    await sandbox.fit({ limits: sandboxLimits(request.config.limits), work: { kind: 'disk' } });
    return await surveyInside(request, sandbox);
  } finally {
    await destroySandbox(request, sandbox);
  }
};

/** How many sandboxes of scans would not come clean in this life: their names are taken. */
const stuck = new WeakMap<SandboxDriver, number>();

/** What is left of a scan keeps no build from its work: the next one takes another name, the next start sweeps. */
const destroySandbox = async ({ driver, onWarning }: SurveyRequest, sandbox: Sandbox): Promise<void> => {
  try {
    await sandbox.destroy();
  } catch (error) {
    stuck.set(driver, (stuck.get(driver) ?? 0) + 1);
    onWarning(`the sandbox ${sandbox.slot} of the scan will not come clean: ${messageOf(error)}`);
  }
};

const surveyInside = async (request: SurveyRequest, sandbox: Sandbox): Promise<NewSurvey> => {
  const { config, ground, signal } = request;
  const expected = {
    packages: config.paths.packages,
    pkgDbdir: config.pkgsrc.pkgDbdir,
    prefix: config.pkgsrc.prefix,
  };
  const tree = await readTreeEnvironment({ sandbox, environment: ground.make, expected, signal });
  const make = { ...ground.make, cacheVars: tree.cacheVars };
  request.onScanning();
  const ports = {
    sandbox,
    environment: { ...make, cacheVars: { ...tree.cacheVars, ...tree.scanVars } },
    // Without isolation the tree may lie where only the agent can read.
    user: request.driver.traits.isIsolated ? ground.user : undefined,
    signal,
  };
  const answers = request.store && (await openAnswers(ports, tree, ground.spec, request.store));
  const elsewhere = request.help?.({ tree, likeness: await digestLikeness(ports) });
  const scanned = await scanTree({
    ...ports,
    answers,
    elsewhere,
    pkgpaths: request.pkgpaths,
    concurrency: config.build.scanProcs,
    onProgress: request.onProgress,
    onFailure: request.onFailure,
    onWarning: request.onWarning,
  });
  answers?.close();
  return { ...scanned, tree, make };
};
