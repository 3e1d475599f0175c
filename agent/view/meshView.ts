import type { SlotView } from '../control/protocol.ts';
import type { BuildView, HostView } from './hostView.ts';

/**
 * How a host stands, as this one sees it. `self`: it is this one. `alive`, `suspect`, `dead`, `left`: as docs/PROTOCOL.md has
 * them. `unreachable`: it is called in vain, and was never met in this life.
 */
export type HostStanding = 'self' | 'alive' | 'suspect' | 'dead' | 'left' | 'unreachable';

/** Something in which a host differs from this one, and what to do about it. */
export interface Difference {
  readonly what: string;
  readonly mine: string;
  readonly theirs: string;
  readonly todo: string;
}

/** One host of the mesh, as this one knows it. */
export interface HostEntry {
  /** Undefined: nobody has ever answered at its address. */
  readonly host: string | undefined;
  readonly name: string;
  readonly standing: HostStanding;
  readonly address: string | undefined;
  /** What it told of itself last, and when that came, Unix milliseconds by this host's clock. */
  readonly view: HostView | undefined;
  readonly viewAtMs: number | undefined;
  /** How long ago anything was heard of it, milliseconds. */
  readonly heardAgoMs: number | undefined;
  /** Why there is no connection, or no answer. */
  readonly why: string | undefined;
  readonly differences: readonly Difference[];
}

/** The mesh as one host sees it. */
export interface MeshSnapshot {
  /** Undefined: this host is in no mesh. */
  readonly mesh: string | undefined;
  /** Unix milliseconds. */
  readonly atMs: number;
  /** Its host id, as this host sees it. */
  readonly coordinator: string | undefined;
  /** This host comes first, then the others by name. */
  readonly hosts: readonly HostEntry[];
  /** What the hosts know of each build together. */
  readonly builds: readonly BuildView[];
}

/** Each build once: as the coordinator sees it, else as the host does that has got furthest. */
export const mergeBuilds = (views: readonly HostView[]): readonly BuildView[] => {
  const best = new Map<string, { readonly build: BuildView; readonly rank: number }>();
  for (const view of views) {
    for (const build of view.builds) {
      const rank = rankOf(view, build);
      const known = best.get(build.build);
      if (known === undefined || known.rank < rank) best.set(build.build, { build, rank });
    }
  }
  return [...best.values()].map(({ build }) => withRunning(build, views));
};

/** Counts say more than none, the coordinator knows what runs everywhere, and who has seen more ends is less behind. */
const rankOf = (view: HostView, { counts }: BuildView): number => {
  if (counts === undefined) return 0;
  const ended = counts.built + counts.failed + counts.blocked;
  return 1 + ended + (view.isCoordinator ? 2 ** 40 : 0);
};

/** Only a coordinator counts what runs on all hosts: where none has told, their slots are counted. */
const withRunning = (build: BuildView, views: readonly HostView[]): BuildView => {
  if (build.counts === undefined || views.some(({ isCoordinator }) => isCoordinator)) return build;
  const running = views.flatMap(({ slots }) => slots.filter(({ pkg }) => pkg !== undefined)).length;
  const { ready, running: told } = build.counts;
  if (running <= told) return build;
  return { ...build, counts: { ...build.counts, running, ready: Math.max(0, ready - (running - told)) } };
};

/** The slots of a host with their times by the clock of this one; none of a host that is not there now. */
export const listSlots = ({ view, viewAtMs, standing }: HostEntry): readonly SlotView[] => {
  if (view === undefined || viewAtMs === undefined) return [];
  if (standing === 'dead' || standing === 'left' || standing === 'unreachable') return [];
  const skewMs = viewAtMs - view.atMs;
  const shift = (atMs: number | undefined): number | undefined =>
    atMs === undefined ? undefined : atMs + skewMs;
  return view.slots.map((slot) => ({
    ...slot,
    startedAtMs: shift(slot.startedAtMs),
    stageAtMs: shift(slot.stageAtMs),
  }));
};
