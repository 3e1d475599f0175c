import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { SlotWork } from '../../agent/slots.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { type BuildId, buildId } from '../../src/core/ids.ts';
import type { RunResult } from '../../src/core/input.ts';
import type { Sandbox, SandboxDriver, SandboxSpec } from '../../src/sandbox/driver.ts';
import { driverTraits } from '../../src/sandbox/traits.ts';
import type { HistoryRow } from '../../src/store/history.ts';
import type { NoopTask } from './words.ts';

/** Sandboxes that are nothing: there at once, gone at once. */
export const emptyDriver: SandboxDriver = {
  kind: 'linux',
  traits: driverTraits.linux,
  slotsMax: 1_000,
  prepare: async (slot): Promise<Sandbox> => ({
    slot,
    fit: async () => undefined,
    usage: async () => ({ memoryPeakBytes: undefined, memoryKills: undefined }),
    run: async () => ({ kind: 'trouble', detail: 'there is nothing to run it in' }),
    killAll: async () => undefined,
    diskUsage: async () => 0,
    destroy: async () => undefined,
  }),
  sweep: async () => ({ processesKilled: 0, mountsRemoved: 0, directoriesRemoved: 0, left: [] }),
};

const spec: SandboxSpec = { kitDir: undefined, opaqueDirs: [], shares: [], freshDirs: [] };

/** Slots that do nothing but what a package of the bench does. */
export const createNoopWork = (task: NoopTask): SlotWork => ({
  spec: () => spec,
  run: async (_start, _sandbox, signal) => {
    const startMs = performance.now();
    if (task.kind === 'wait') await delay(task.waitMs, undefined, { signal });
    else await once(spawn('/usr/bin/true', [], { stdio: 'ignore' }), 'exit');
    return built(performance.now() - startMs);
  },
});

const built = (wallMs: number): RunResult => ({
  kind: 'ended',
  outcome: { kind: 'built', digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 1 },
  steps: [{ step: 'build', wallMs, cpuMs: 1 }],
  ...{ cpuMs: 1, diskBytes: 1, memoryBytes: 1 },
});

/** The line of history that a fact makes, as a real one does. */
export const describeNoop = (build: BuildId | undefined, fact: Fact): HistoryRow => ({
  pkgpath: `noop/${fact.task}`,
  pkgbase: fact.task.replace(/-[^-]*$/, ''),
  build: build ?? buildId('bench'),
  pkgname: fact.task,
  outcome: fact.outcome.kind,
  stage: '',
  endedAtMs: fact.startedAtMs + fact.wallMs,
  ...{ wallMs: fact.wallMs, cpuMs: fact.cpuMs, diskBytes: fact.diskBytes, jobs: fact.jobs },
  ...{ steps: fact.steps, host: fact.origin.host, memoryBytes: fact.memoryBytes, reason: '' },
});
