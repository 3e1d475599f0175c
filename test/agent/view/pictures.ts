import type { HostView } from '../../../agent/view/hostView.ts';
import type { HostEntry, MeshSnapshot } from '../../../agent/view/meshView.ts';
import { building, noonMs, quietSlot, runningSlot } from '../../cli/ui/samples.ts';

/** A host at noon: one of two slots runs, the other is idle. */
export const makeView = (host: string, name: string, change: Partial<HostView> = {}): HostView => ({
  host,
  name,
  version: '1.2.3',
  platform: 'linux-x64',
  incarnation: 1,
  pid: 42,
  startedAtMs: noonMs - 3_600_000,
  atMs: noonMs,
  isCoordinator: false,
  follows: 'h1',
  driver: 'linux',
  slots: [runningSlot('build-1', 'perl-5.36.0nb1', 'build', 192), quietSlot('build-2', 'ready')],
  runs: 2,
  usable: 2,
  queued: 1,
  cores: 4,
  load: 3.25,
  speed: 1.5,
  memoryBytes: 8 * 2 ** 30,
  memoryFreeBytes: 2 * 2 ** 30,
  diskBytes: 100 * 2 ** 30,
  diskFreeBytes: 31 * 2 ** 30,
  builds: [],
  idle: '3 packages left, each needs one that is not built yet',
  isDrained: false,
  isEnding: false,
  warnings: [],
  delayP99Ms: 2.5,
  traffic: { messagesIn: 6, messagesOut: 9, bytesIn: 600, bytesOut: 900 },
  ...change,
});

const entry = (change: Partial<HostEntry> & Pick<HostEntry, 'name' | 'standing'>): HostEntry => ({
  host: undefined,
  address: undefined,
  view: undefined,
  viewAtMs: undefined,
  heardAgoMs: undefined,
  why: undefined,
  differences: [],
  ...change,
});

/** Four hosts: this one leads, one builds with a clock that is 5 s ahead, one is dead, one was never reached. */
export const makeMesh = (): MeshSnapshot => {
  const { build, phase, startedAtMs, counts, predictedEndMs } = building;
  const goesOn = {
    ...{ phase, planId: 'p1', stopping: undefined, startedAtMs, counts, scan: undefined, predictedEndMs },
    build: build ?? '',
  };
  const self = makeView('h1', 'alpha', { isCoordinator: true, builds: [goesOn] });
  const ahead = makeView('h2', 'beta', {
    atMs: noonMs + 5_000,
    slots: [{ ...runningSlot('build-1', 'gawk-5.3', 'configure', 60), startedAtMs: noonMs - 55_000 }],
    runs: 1,
    usable: 1,
    idle: undefined,
  });
  return {
    mesh: 'm1',
    atMs: noonMs,
    coordinator: 'h1',
    hosts: [
      entry({ host: 'h1', name: 'alpha', standing: 'self', view: self, viewAtMs: noonMs, heardAgoMs: 0 }),
      entry({
        ...{ host: 'h2', name: 'beta', standing: 'alive', address: '192.0.2.2:28550' },
        ...{ view: ahead, viewAtMs: noonMs, heardAgoMs: 300 },
        differences: [{ what: 'kit', mine: 'aaa', theirs: 'bbb', todo: 'give both the same one' }],
      }),
      entry({
        ...{ host: 'h3', name: 'gamma', standing: 'dead', heardAgoMs: 120_000, why: 'connection refused' },
        ...{ view: makeView('h3', 'gamma'), viewAtMs: noonMs - 120_000 },
      }),
      entry({
        name: '192.0.2.9:28550',
        standing: 'unreachable',
        address: '192.0.2.9:28550',
        why: 'no answer',
      }),
    ],
    builds: [goesOn],
  };
};
