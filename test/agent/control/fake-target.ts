import { noCounts } from '../../../agent/build/ending.ts';
import type { BuildEvent, BuildRequest, Snapshot, Status } from '../../../agent/control/protocol.ts';
import type { ControlTarget } from '../../../agent/control/server.ts';
import { createFakeDesk } from '../view/fake-desk.ts';

export const snapshot: Snapshot = {
  phase: 'idle',
  build: undefined,
  stopping: undefined,
  startedAtMs: undefined,
  scan: undefined,
  counts: noCounts,
  slots: [],
  predictedEndMs: undefined,
};

export const status: Status = {
  version: '1.2.3',
  host: 'h1',
  hostName: 'host',
  incarnation: 1,
  pid: 1,
  configFile: '/nowhere',
  driver: 'none',
  warnings: [],
  snapshot,
};

/** A target that keeps what it was asked. */
export interface FakeTarget extends ControlTarget {
  readonly asked: string[];
  readonly builds: BuildRequest[];
  listeners: number;
  tell(event: BuildEvent): void;
}

export const createTarget = (changes: Partial<ControlTarget> = {}): FakeTarget => {
  const listeners = new Set<(event: BuildEvent) => void>();
  const asked: string[] = [];
  const builds: BuildRequest[] = [];
  return {
    asked,
    builds,
    get listeners() {
      return listeners.size;
    },
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
    status: () => status,
    subscribe: (listener) => {
      listeners.add(listener);
      listener({ kind: 'snapshot', snapshot });
      return () => listeners.delete(listener);
    },
    build: async (request) => {
      builds.push(request);
      return { build: 'b1', resumed: false };
    },
    stop: (mode) => asked.push(`stop ${mode}`),
    sandboxes: () => [],
    destroySandbox: (slot) => asked.push(`destroy ${slot}`),
    shutdown: (mode) => asked.push(`shutdown ${mode}`),
    desk: createFakeDesk(asked),
    ...changes,
  };
};
