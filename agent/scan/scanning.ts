import type { Logger } from 'pino';
import type { Config } from '../../src/config/config.ts';
import { configDigest } from '../../src/config/digest.ts';
import type { AgentState } from '../../src/core/agent.ts';
import type { PlanEnding } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { HostId, PlanId } from '../../src/core/ids.ts';
import type { Event, RunResult } from '../../src/core/input.ts';
import type { DriverTraits } from '../../src/sandbox/traits.ts';
import type { CourseMesh } from '../build/course.ts';
import type { Lives } from '../build/lives.ts';
import type { Adoption } from '../mesh/adoption.ts';
import type { MeshNode } from '../mesh/node.ts';
import type { Progress } from '../progress.ts';
import { createDealer } from './dealer.ts';
import { createFollower, type FollowedScan } from './follower.ts';
import { createGetResult } from './results.ts';
import { type BatchRun, runBatch } from './run.ts';
import { createScans } from './scans.ts';

export interface ScanningPorts {
  readonly config: Config;
  readonly core: AgentState;
  readonly node: MeshNode;
  readonly host: HostId;
  readonly platform: string;
  readonly traits: DriverTraits;
  readonly lives: Lives;
  readonly adoption: Adoption;
  readonly progress: Progress;
  readonly log: Logger;
  /** What this host alone scans in less time is not dealt out, milliseconds. Absent: 20 seconds. */
  readonly leastMs?: number;
  push(event: Event): void;
}

/** The part of an agent in scans that go over several hosts. */
export interface Scanning {
  readonly help: CourseMesh['helpScan'];
  runBatch(run: Omit<BatchRun, 'blobs' | 'traits'>): Promise<RunResult>;
  isScan(planId: PlanId): boolean;
  /** A scan of another host, or of an earlier life of this one, has been taken up. */
  adopted(scan: FollowedScan): void;
  hearFacts(facts: readonly Fact[]): void;
  /** False: it is no scan. */
  planEnded(planId: PlanId, ending: PlanEnding): boolean;
  isPinned(sha256: string): boolean;
  stop(): void;
}

/** To deal a scan out takes some seconds: each host gets the sheet, fits itself to it, and makes sandboxes. */
const usualLeastMs = 20_000;

export const createScanning = (ports: ScanningPorts): Scanning => {
  const { config, core, node, host, platform, traits, lives, adoption, progress, log, push } = ports;
  const scans = createScans();
  const getResult = createGetResult(node);
  const { blobs } = node;
  const follower = createFollower({
    ...{ core, blobs, adoption, scans, progress, getResult },
    onTrouble: (text) => log.warn(text),
  });
  return {
    help: createDealer({
      ...{ core, host, platform, blobs, adoption, lives, scans, getResult, push },
      configDigest: configDigest(config),
      leastMs: ports.leastMs ?? usualLeastMs,
      onTrouble: (text) => {
        log.warn(text);
        progress.tell({ kind: 'warning', text });
      },
    }),
    runBatch: (run) => runBatch({ ...run, blobs, traits }),
    isScan: scans.has,
    adopted: (scan) => {
      const { planId, sheet } = scan;
      scans.add(planId);
      if (sheet.submitter !== host) return follower.follow(scan);
      // An earlier life asked for it; this one begins the scan anew, with what of it is kept.
      queueMicrotask(() => push({ kind: 'planStopped', planId, mode: 'now' }));
    },
    hearFacts: scans.hearFacts,
    planEnded: (planId, ending) => {
      const isScan = scans.planEnded(planId, ending);
      if (isScan) follower.look();
      return isScan;
    },
    isPinned: scans.isPinned,
    stop: follower.stop,
  };
};
