import { loadavg } from 'node:os';
import type { AgentState } from '../../src/core/agent.ts';
import { findCommonSpeed, speedOf } from '../../src/core/dispatch/speed.ts';
import { viewMesh } from '../../src/core/meshView.ts';
import { countUsable } from '../../src/core/state.ts';
import type { MeshTraffic } from '../../src/mesh/traffic.ts';
import type { DriverKind } from '../../src/sandbox/driver.ts';
import type { Snapshot } from '../control/protocol.ts';
import { readVersion } from '../version.ts';
import type { DelayWatch } from './delay.ts';
import type { BuildView, HostView, Traffic } from './hostView.ts';
import { describeOwnIdle, type NameHost } from './idle.ts';

/** Where a host looks when it tells of itself. */
export interface SelfPorts {
  readonly core: AgentState;
  readonly name: string;
  readonly platform: string;
  readonly driver: DriverKind;
  /** Warnings that stand as long as the agent runs. */
  readonly warnings: readonly string[];
  readonly delay: Pick<DelayWatch, 'p99Ms'>;
  readonly nameHost: NameHost;
  /** Monotonic, milliseconds. */
  now(): number;
  snapshot(): Snapshot;
  /** The builds that this host knows of and that have not ended. */
  listBuilds(): readonly BuildView[];
  traffic(): MeshTraffic;
}

/** For an agent that is connected with nobody. */
export const noTraffic: MeshTraffic = { bytesIn: 0, bytesOut: 0, heard: new Map(), sent: new Map() };

const sum = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((total, count) => total + count, 0);

/** Others take so many. */
const warningsMax = 64;

const startedAtMs = Date.now() - process.uptime() * 1000;

export const viewSelf = (ports: SelfPorts): HostView => {
  const { core } = ports;
  const { life, resources } = core;
  const mesh = viewMesh(core);
  return {
    host: life?.host ?? '',
    name: ports.name,
    version: readVersion(),
    platform: ports.platform,
    incarnation: life?.incarnation ?? 0,
    pid: process.pid,
    startedAtMs: Math.round(startedAtMs),
    atMs: Date.now(),
    isCoordinator: mesh.role === 'leading',
    follows: mesh.leader?.host,
    driver: ports.driver,
    slots: ports.snapshot().slots,
    runs: core.runs,
    usable: countUsable(core),
    queued: core.queue.length,
    cores: core.cores,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    speed:
      life === undefined ? 1 : Math.round((speedOf(core, life.host) / findCommonSpeed(core)) * 100) / 100,
    memoryBytes: resources?.memoryBytes,
    memoryFreeBytes: resources?.memoryAvailableBytes,
    diskBytes: resources?.diskTotalBytes,
    diskFreeBytes: resources?.diskFreeBytes,
    builds: ports.listBuilds(),
    idle: describeOwnIdle(core, ports.now(), ports.nameHost),
    isDrained: core.isDrained,
    isEnding: core.stopping !== undefined,
    warnings: ports.warnings.slice(0, warningsMax),
    delayP99Ms: ports.delay.p99Ms(),
    traffic: sumTraffic(ports.traffic()),
  };
};

const sumTraffic = ({ bytesIn, bytesOut, heard, sent }: MeshTraffic): Traffic => ({
  messagesIn: sum(heard),
  messagesOut: sum(sent),
  bytesIn,
  bytesOut,
});

/** The build of a snapshot, as other hosts are told of it; none while this host is at none. */
export const viewBuilds = (snapshot: Snapshot, planId: string | undefined): readonly BuildView[] => {
  const { build, phase, stopping, startedAtMs, counts, scan, predictedEndMs } = snapshot;
  if (build === undefined || phase === 'idle') return [];
  return [{ build, phase, planId, stopping, startedAtMs, counts, scan, predictedEndMs }];
};
