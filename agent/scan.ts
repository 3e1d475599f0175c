import type { Config } from '../src/config/config.ts';
import { BulkmeshError } from '../src/errors.ts';
import { chooseDriver } from '../src/sandbox/select.ts';
import { openStore, type Store } from '../src/store/open.ts';
import { layGround } from './build/ground.ts';
import { type NewSurvey, type SurveyRequest, surveyTree } from './build/survey.ts';

export interface ScanAloneRequest
  extends Pick<SurveyRequest, 'pkgpaths' | 'signal' | 'onProgress' | 'onFailure' | 'onWarning'> {
  readonly config: Config;
  /** Take what earlier scans gave where it still holds, and keep what this one gives. */
  readonly useKept: boolean;
}

/**
 * Scans without an agent, in a sandbox that is gone afterwards. Throws `BulkmeshError`: AGENT_IN_THE_WAY while an agent
 * has this state directory, and what the scan of a build throws; the reason of the signal after an abort.
 */
export async function scanAlone(request: ScanAloneRequest): Promise<NewSurvey> {
  const { config } = request;
  const store = openAlone(config);
  try {
    const { paths, sandbox } = config;
    const { driver, warnings } = await chooseDriver({ ...sandbox, stateDir: paths.state });
    for (const warning of warnings) request.onWarning(warning);
    await driver.sweep();
    const ground = await layGround(config, driver.traits);
    request.signal.throwIfAborted();
    return await surveyTree({
      ...request,
      driver,
      ground,
      store: request.useKept ? store : undefined,
      onScanning: () => {},
    });
  } finally {
    store.close();
  }
}

/** Sandboxes are the agent's, and so is what earlier scans gave. */
function openAlone({ paths }: Config): Store {
  try {
    return openStore(paths.state);
  } catch (error) {
    if (!(error instanceof BulkmeshError) || error.code !== 'AGENT_ALREADY_RUNNING') throw error;
    throw new BulkmeshError(
      'AGENT_IN_THE_WAY',
      `a scan alone needs the place of the agent: ${error.message}`,
      {
        hint: 'stop that agent (Ctrl-C, or kill its pid); or let a build scan: bulkmesh build',
        cause: error,
      },
    );
  }
}
