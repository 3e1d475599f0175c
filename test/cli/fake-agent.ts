import { join } from 'node:path';
import type {
  BuildEvent,
  BuildRequest,
  BuildSummary,
  SandboxInfo,
  ShareView,
  Snapshot,
  Status,
} from '../../agent/control/protocol.ts';
import { type ControlServer, serveControl } from '../../agent/control/server.ts';
import type { MeshSnapshot } from '../../agent/view/meshView.ts';
import type { PackagePlace } from '../../agent/view/places.ts';
import type { StopMode } from '../../src/core/input.ts';
import type { BulkmeshError } from '../../src/errors.ts';
import { createFakeDesk } from '../agent/view/fake-desk.ts';
import { building, noCounts } from './ui/samples.ts';

/** An agent that builds nothing: a test tells it what to say, and it tells the test what it was asked. */
export interface FakeAgent {
  readonly builds: readonly BuildRequest[];
  readonly stops: readonly StopMode[];
  readonly destroyed: readonly string[];
  /** Host, and what it is to do. */
  readonly orders: readonly string[];
  /** To everybody who listens. */
  tell(event: BuildEvent): void;
  close(): Promise<void>;
}

/** How a fake agent behaves. */
export interface FakeScript {
  readonly onBuild?: (agent: FakeAgent) => void;
  readonly onStop?: (agent: FakeAgent, mode: StopMode) => void;
  /** What `build` is refused with. */
  readonly refusal?: BulkmeshError;
  readonly resumed?: boolean;
  readonly sandboxes?: readonly SandboxInfo[];
  readonly warnings?: readonly string[];
  readonly share?: ShareView;
  readonly snapshot?: Snapshot;
  readonly mesh?: MeshSnapshot;
  readonly places?: readonly PackagePlace[];
}

const fakeBuild = '20261123T104800Z-abc123';

/** Serves the real control protocol at the socket of an agent with this state directory. */
export async function startFakeAgent(stateDir: string, script: FakeScript = {}): Promise<FakeAgent> {
  const listeners = new Set<(event: BuildEvent) => void>();
  const asked: { builds: BuildRequest[]; stops: StopMode[]; destroyed: string[]; orders: string[] } = {
    orders: [],
    builds: [],
    stops: [],
    destroyed: [],
  };
  const snapshot = script.snapshot ?? { ...building, phase: 'idle', counts: undefined, slots: [] };
  const server: ControlServer = await serveControl(join(stateDir, 'control.sock'), {
    status: () => ({ ...describeStatus(snapshot, script.warnings ?? []), share: script.share }),
    subscribe: (listener) => {
      listeners.add(listener);
      listener({ kind: 'snapshot', snapshot });
      return () => listeners.delete(listener);
    },
    build: async (request) => {
      if (script.refusal !== undefined) throw script.refusal;
      asked.builds.push(request);
      setImmediate(() => script.onBuild?.(agent));
      return { build: fakeBuild, resumed: script.resumed === true };
    },
    stop: (mode) => {
      asked.stops.push(mode);
      setImmediate(() => script.onStop?.(agent, mode));
    },
    sandboxes: () => script.sandboxes ?? [],
    destroySandbox: (slot) => {
      asked.destroyed.push(slot);
    },
    shutdown: () => {},
    desk: createFakeDesk(asked.orders, script.mesh, script.places),
  });
  const agent: FakeAgent = {
    ...asked,
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
    close: () => server.close(),
  };
  return agent;
}

/** The last event of a fake build. */
export function finish(change: Partial<BuildSummary> = {}): BuildEvent {
  return {
    kind: 'finished',
    summary: {
      build: fakeBuild,
      ending: 'complete',
      error: undefined,
      counts: { ...noCounts, total: 2, built: 2 },
      scanFailures: 0,
      unresolved: 0,
      makespanMs: 10_000,
      lowerBoundMs: 8000,
      slotSeconds: { busy: 16, sandbox: 1, starved: 3, stopped: 0 },
      files: {
        reportText: '/nowhere/meta/report.txt',
        reportHtml: '/nowhere/meta/report.html',
        reportJson: '/nowhere/meta/report.json',
        logs: '/nowhere',
        packages: '/nowhere/packages',
      },
      ...change,
    },
  };
}

function describeStatus(snapshot: Snapshot, warnings: readonly string[]): Status {
  return {
    version: '0.0.0',
    host: 'h1',
    hostName: 'fakehost',
    incarnation: 1,
    pid: 4711,
    configFile: '/nowhere/bulkmesh.toml',
    driver: 'linux',
    warnings,
    snapshot,
  };
}
