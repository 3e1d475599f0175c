import type { AgentState } from '../src/core/agent.ts';
import { expectedRemainingMs, slotViews, snapshotPlan, viewWait } from '../src/core/agent.ts';
import type { PlanId, Token } from '../src/core/ids.ts';
import type { StopMode } from '../src/core/input.ts';
import { findPlan } from '../src/core/state.ts';
import type { LiveBuild } from './build/live.ts';
import type { BuildEvent, Counts, MeshSlots, Phase, SlotView, Snapshot } from './control/protocol.ts';
import { describeWait } from './waiting.ts';

/** What runs on a slot, as the shells know it beyond the core's own view. */
export interface RunView {
  readonly token: Token;
  readonly pkg: string;
  readonly jobs: number;
  readonly startedAtMs: number;
  stage: string | undefined;
  stageAtMs: number | undefined;
}

/** The build as it can be told at this moment; `director` moves it along, `Progress` tells it. */
export interface Standing {
  phase: Phase;
  build: string | undefined;
  planId: PlanId | undefined;
  startedAtMs: number | undefined;
  stopping: StopMode | undefined;
  scan: { done: number; total: number; failed: number } | undefined;
  /** Packages that were out before the build started. */
  masked: number;
  kept: number;
}

/** Tells whoever listens how a build goes. */
export interface Progress {
  readonly standing: Standing;
  /** By slot. */
  readonly runs: Map<string, RunView>;
  subscribe(listener: (event: BuildEvent) => void): () => void;
  tell(event: BuildEvent): void;
  enter(phase: Phase): void;
  /** Tells the scan's count, at most a few times a second. */
  tellScan(done: number, total: number, failed: number): void;
  counts(): Counts | undefined;
  /** The same of any build that this agent knows. */
  countsOf(live: LiveBuild): Counts | undefined;
  /** This is the build that is told of from now on. */
  stand(live: LiveBuild): void;
  snapshot(): Snapshot;
  /** Asked for what runs on other hosts, whenever listeners get a snapshot. */
  showMesh(findSlots: () => MeshSlots | undefined): void;
}

/** Packages that no plan can have. */
const countMasked = ({ resolution }: LiveBuild): number =>
  resolution.packages.filter(({ state }) => state.kind !== 'buildable').length;

/** How often listeners get a whole snapshot while a build runs, milliseconds. */
const snapshotEveryMs = 500;

export const createProgress = (core: AgentState, clock: () => { now: number; wall: number }): Progress => {
  const listeners = new Set<(event: BuildEvent) => void>();
  const runs = new Map<string, RunView>();
  const standing: Standing = {
    phase: 'idle',
    build: undefined,
    planId: undefined,
    startedAtMs: undefined,
    stopping: undefined,
    scan: undefined,
    masked: 0,
    kept: 0,
  };
  let ticker: NodeJS.Timeout | undefined;
  let scanToldAt = 0;

  const tell = (event: BuildEvent): void => {
    for (const listener of listeners) listener(event);
  };
  let findMeshSlots: () => MeshSlots | undefined = () => undefined;
  const describeAll = (): BuildEvent => ({
    kind: 'snapshot',
    snapshot: { ...snapshot(), mesh: findMeshSlots() },
  });
  const tellSnapshot = (): void => tell(describeAll());

  /** Snapshots flow only while somebody listens to a build that goes on. */
  const setTicker = (): void => {
    const wanted = listeners.size > 0 && standing.phase !== 'idle';
    if (wanted && ticker === undefined) ticker = setInterval(tellSnapshot, snapshotEveryMs);
    if (!wanted) {
      clearInterval(ticker);
      ticker = undefined;
    }
  };

  const counts = (): Counts | undefined => {
    if (standing.planId === undefined) return undefined;
    const plan = snapshotPlan(core, standing.planId);
    if (plan === undefined) return undefined;
    const { masked, kept } = standing;
    return { ...plan, total: plan.total + masked + kept, masked, kept };
  };

  const countsOf = (live: LiveBuild): Counts | undefined => {
    const plan = snapshotPlan(core, live.planId);
    if (plan === undefined) return undefined;
    const [masked, kept] = [countMasked(live), live.kept.size];
    return { ...plan, total: plan.total + masked + kept, masked, kept };
  };

  const predictEnd = (): number | undefined => {
    if (standing.planId === undefined || standing.phase !== 'building') return undefined;
    const { now, wall } = clock();
    const remaining = expectedRemainingMs(core, standing.planId, now);
    return remaining === undefined ? undefined : wall + remaining;
  };

  const tellWait = (): string | undefined => {
    const wait = viewWait(core);
    return wait === undefined ? undefined : describeWait(wait);
  };

  /** By the word of a person at this host, or at another one. */
  const findStopping = (): StopMode | undefined => {
    const plan = standing.planId === undefined ? undefined : findPlan(core, standing.planId);
    const word = plan?.ending === undefined ? plan?.word.mode : undefined;
    return standing.stopping ?? (word === 'run' ? undefined : word);
  };

  const snapshot = (): Snapshot => ({
    phase: standing.phase,
    build: standing.build,
    stopping: findStopping(),
    startedAtMs: standing.startedAtMs,
    scan: standing.scan,
    counts: counts(),
    // A spare sandbox would look like a place where nothing is done.
    slots: slotViews(core).flatMap((view): SlotView[] => {
      if (view.isSpare) return [];
      const run = runs.get(view.slot);
      const shown = {
        slot: view.slot,
        state: view.state,
        pkg: run?.pkg,
        stage: run?.stage,
        jobs: run?.jobs,
        startedAtMs: run?.startedAtMs,
        stageAtMs: run?.stageAtMs,
      };
      return [shown];
    }),
    predictedEndMs: predictEnd(),
    waiting: tellWait(),
  });

  return {
    standing,
    runs,
    tell,
    counts,
    countsOf,
    snapshot,
    showMesh: (findSlots) => {
      findMeshSlots = findSlots;
    },
    stand: (live) => {
      Object.assign(standing, { planId: live.planId, kept: live.kept.size, masked: countMasked(live) });
    },
    enter: (phase) => {
      standing.phase = phase;
      tell({ kind: 'phase', phase, atMs: clock().wall });
      tellSnapshot();
      setTicker();
    },
    tellScan: (done, total, failed) => {
      standing.scan = { done, total, failed };
      const { now } = clock();
      if (done < total && now - scanToldAt < snapshotEveryMs) return;
      scanToldAt = now;
      tellSnapshot();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      listener(describeAll());
      setTicker();
      return () => {
        listeners.delete(listener);
        setTicker();
      };
    },
  };
};
