import type { Config } from '../src/config/config.ts';
import type { AgentState } from '../src/core/agent.ts';
import type { RunResult } from '../src/core/input.ts';
import type { Sandbox } from '../src/sandbox/driver.ts';
import type { Store } from '../src/store/open.ts';
import type { Director } from './build/director.ts';
import { type RunPlace, runTask } from './build/live.ts';
import type { Lives } from './build/lives.ts';
import type { AgentPaths } from './paths.ts';
import { createKeeper } from './sandboxes/keeper.ts';
import type { BatchRun } from './scan/run.ts';
import type { SlotWork } from './slots.ts';
import { loadPerCore, makeGroundFinder } from './watch.ts';

export interface WorkPorts {
  readonly config: Config;
  readonly paths: AgentPaths;
  readonly store: Store;
  readonly core: AgentState;
  readonly director: Pick<Director, 'spec'>;
  readonly lives: Lives;
  readonly bringDepends: RunPlace['bringDepends'];
  readonly bringDistfiles: RunPlace['bringDistfiles'];
  /** Runs a task of a plan that scans. */
  runBatch(run: Omit<BatchRun, 'blobs' | 'traits'>): Promise<RunResult>;
  onWarning(text: string): void;
}

/** What slots do with tasks: packages of any build that this agent knows, and batches of its scan. */
export const createWork = (ports: WorkPorts): SlotWork => {
  const { config, paths, store, core, director, lives, onWarning } = ports;
  const place: RunPlace = {
    logDir: paths.logs,
    storageDirs: [paths.state, config.paths.packages],
    owner: store.life.host,
    findGround: makeGroundFinder({ core, estimates: () => store.estimates(), loadPerCore }),
    bringDepends: ports.bringDepends,
    bringDistfiles: ports.bringDistfiles,
    onWarning,
  };
  const keeper = createKeeper({ config, onWarning });
  return {
    spec: director.spec,
    run: (...[start, sandbox, signal, onStage]: Parameters<SlotWork['run']>) => {
      const live = lives.find(start.planId);
      if (live === undefined) throw new Error(`a task of the unknown plan ${start.planId} is to run`);
      const part = live.scan;
      if (part !== undefined) return ports.runBatch({ live, part, start, sandbox, signal });
      return runTask(live, start, sandbox, place, signal, onStage);
    },
    keep: async (
      { planId, task, jobs }: Parameters<SlotWork['run']>[0],
      sandbox: Sandbox,
      result: RunResult,
    ) => {
      const live = lives.find(planId);
      return (
        live !== undefined &&
        live.scan === undefined &&
        keeper.keep(sandbox, { live, pkg: task, jobs, result })
      );
    },
  };
};
