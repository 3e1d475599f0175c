import { performance } from 'node:perf_hooks';
import { createLog } from '../../agent/log.ts';
import { startLoop } from '../../agent/loop.ts';
import { createSlots } from '../../agent/slots.ts';
import { createAgent, handle } from '../../src/core/agent.ts';
import type { Effect } from '../../src/core/effect.ts';
import { buildId, hostId, planId, slotName, taskName } from '../../src/core/ids.ts';
import type { Event, RunResult } from '../../src/core/input.ts';
import { ownProtocol } from '../../src/core/message.ts';
import type { Sandbox, SandboxDriver, SandboxSpec } from '../../src/sandbox/driver.ts';

export interface CrewOptions {
  readonly driver: SandboxDriver;
  readonly spec: SandboxSpec;
  readonly stateDir: string;
  /** Runs at a time. */
  readonly runs: number;
  /** Sandboxes that are ready beyond these. */
  readonly spare: number;
  readonly tasks: number;
  /** What task `number` (from 0) does in its sandbox. */
  work(number: number, sandbox: Sandbox): Promise<RunResult>;
  /** Called when a task has ended, with how many have. */
  onEnd?(ended: number): void;
}

export interface CrewReport {
  /** For each task but the first ones: from the end of the run before it to its own start, milliseconds. */
  readonly waitsMs: readonly number[];
  readonly wallMs: number;
  readonly built: number;
  readonly failed: number;
  /** Attempts that ended in trouble of the host. */
  readonly troubles: readonly string[];
  readonly retired: number;
}

const plan = planId('bench');
const done: RunResult = {
  kind: 'ended',
  outcome: { kind: 'built', digest: 'sha256:0', sizeBytes: 0 },
  steps: [],
  cpuMs: 0,
  diskBytes: 0,
  memoryBytes: 0,
};

/** A task that was built. */
export const built = (): RunResult => done;

/** The agent's own core, loop and slot machinery over a plan of equal tasks, without make. */
export async function runCrew(options: CrewOptions): Promise<CrewReport> {
  const { driver, spec, stateDir, runs, tasks } = options;
  const core = createAgent();
  const over = Promise.withResolvers<void>();
  const starts: number[] = [];
  const ends: number[] = [];
  const troubles: string[] = [];
  const counts = { built: 0, failed: 0, retired: 0 };
  const push = (event: Event): void => loop.push(event);
  const slots = createSlots({
    driver,
    stateDir,
    push,
    runs: new Map(),
    log: createLog('silent'),
    work: {
      spec: () => spec,
      run: async ({ task }, sandbox) => {
        starts.push(performance.now());
        try {
          return await options.work(Number(task), sandbox);
        } finally {
          ends.push(performance.now());
        }
      },
    },
    beginRun: () => {},
    endRun: (_, trouble) => {
      if (trouble !== undefined) troubles.push(`${trouble.trouble}: ${trouble.detail}`);
    },
    onStage: () => {},
  });
  const perform = (effect: Effect): void => {
    if (effect.kind === 'prepare') slots.prepare(effect.slot, effect.order);
    else if (effect.kind === 'start') slots.start(effect);
    else if (effect.kind === 'cancel') slots.cancel(effect.slot, effect.token);
    else if (effect.kind === 'clean') slots.clean(effect.slot, effect.order);
    else if (effect.kind === 'retire') counts.retired += 1;
    else if (effect.kind === 'planEnded') over.resolve();
    else if (effect.kind === 'announce') {
      for (const { outcome } of effect.facts) {
        counts[outcome.kind] += 1;
        options.onEnd?.(counts.built + counts.failed);
      }
    }
  };
  const loop = startLoop((event, now) => handle(core, event, now), {
    clock: () => ({ now: performance.now(), wall: Date.now() }),
    persist: () => {},
    perform,
    onPersistTrouble: (error) => over.reject(error),
  });
  const startMs = performance.now();
  const names = Array.from({ length: runs + options.spare }, (_, index) => slotName(`build-${index + 1}`));
  push({
    kind: 'booted',
    life: { host: hostId('bench'), incarnation: 1, boot: 'bench' },
    slots: names,
    runs,
    cores: runs,
    workMemoryBytes: 0,
    seed: 1,
    mesh: {
      id: 'bench',
      protocol: ownProtocol,
      platform: 'bench',
      eligibility: 'allow',
      expectsPeers: false,
      ballotN: 0,
      sharedFiles: true,
    },
  });
  const task = { needs: [], estimateMs: 1000, jobsSafe: true, weight: 100, diskBytes: 0, memoryBytes: 0 };
  const list = Array.from({ length: tasks }, (_, index) => ({ name: taskName(String(index)), ...task }));
  push({ kind: 'planAdded', planId: plan, plan: { build: buildId('bench'), tasks: list }, entries: [] });
  await over.promise;
  loop.close();
  return { ...counts, troubles, waitsMs: pairWaits(starts, ends, runs), wallMs: performance.now() - startMs };
}

/** The first `runs` starts wait for nothing; after that each start follows one end, in order. */
function pairWaits(starts: readonly number[], ends: readonly number[], runs: number): readonly number[] {
  const sortedEnds = ends.toSorted((a, b) => a - b);
  return starts
    .toSorted((a, b) => a - b)
    .slice(runs)
    .flatMap((start, index) => {
      const end = sortedEnds[index];
      return end === undefined ? [] : [Math.max(0, start - end)];
    });
}
