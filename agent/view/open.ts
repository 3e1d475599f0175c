import type { AgentState } from '../../src/core/agent.ts';
import type { Event, StopMode } from '../../src/core/input.ts';
import type { LinkView } from '../../src/mesh/transport.ts';
import type { DriverKind } from '../../src/sandbox/driver.ts';
import type { Progress } from '../progress.ts';
import { type BuildsPort, createActs } from './acts.ts';
import { watchDelay } from './delay.ts';
import { createDesk, type Desk } from './desk.ts';
import type { BuildView } from './hostView.ts';
import type { Difference } from './meshView.ts';
import { createNames } from './names.ts';
import type { MeshLine } from './ports.ts';
import { noTraffic, viewBuilds, viewSelf } from './self.ts';

/** What the desk of an agent is connected to. What an agent without a mesh does not have is undefined. */
export interface DeskParts {
  readonly core: AgentState;
  readonly progress: Progress;
  readonly driver: DriverKind;
  /** What people call this host. */
  readonly name: string;
  /** Warnings that stand as long as the agent runs. */
  readonly warnings: readonly string[];
  readonly builds: BuildsPort;
  push(event: Event): void;
  shutdown(mode: StopMode): void;
  readonly line?: MeshLine | undefined;
  /** Builds that go on as far as this host knows; undefined: the one that its progress tells of. */
  readonly listBuilds?: (() => readonly BuildView[]) | undefined;
  readonly compare?: ((link: LinkView) => readonly Difference[]) | undefined;
}

/** The desk of an agent, open to this host's people and, over its mesh, to those of the others. */
export const openDesk = (parts: DeskParts): Desk => {
  const { core, progress, line, compare } = parts;
  const delay = watchDelay();
  const names = createNames(line, core.life && { host: core.life.host, name: parts.name });
  const now = (): number => performance.now();
  const viewOwnBuilds = (): readonly BuildView[] => viewBuilds(progress.snapshot(), progress.standing.planId);
  const desk = createDesk({
    ...{ core, line, names, now },
    acts: createActs(parts),
    pathOf: parts.builds.pathOf,
    viewSelf: () =>
      viewSelf({
        ...parts,
        ...{ delay, now, nameHost: names.nameHost },
        traffic: () => line?.traffic ?? noTraffic,
        platform: core.mesh.platform,
        snapshot: progress.snapshot,
        listBuilds: parts.listBuilds ?? viewOwnBuilds,
      }),
    compare: (link) => compare?.(link) ?? [],
  });
  progress.showMesh(desk.watchSlots);
  return {
    ...desk,
    close: () => {
      delay.close();
      desk.close();
    },
  };
};
