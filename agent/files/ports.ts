import type { Logger } from 'pino';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { FileView } from '../../src/core/fileView.ts';
import type { HostId, PlanId, TaskName } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import type { PkgName, Resolution, ResolvedPackage } from '../../src/pkgsrc/package.ts';
import type { RepositoryPlace } from '../../src/pkgsrc/repository/place.ts';
import type { MeshNode } from '../mesh/node.ts';

/** A package that stays as it is, in no plan: what the host says of it where the build was asked for. */
export interface KeptFile {
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** What is to be known of a build for its files to be moved. */
export interface PlanGround {
  /** PACKAGES of this host, as it lies there. */
  readonly place: RepositoryPlace;
  readonly resolution: Resolution;
  readonly byName: ReadonlyMap<string, ResolvedPackage>;
  readonly kept: ReadonlyMap<PkgName, KeptFile>;
  /** Where the build was asked for: it has what is kept. Undefined: here, or nobody knows. */
  readonly submitter: HostId | undefined;
}

/** What this agent's core knows. */
export interface CoreView {
  /** Undefined for a task that is not known. */
  viewFile(planId: PlanId, task: TaskName): FileView | undefined;
  /** The facts that count. */
  listEnds(planId: PlanId): readonly Fact[];
  findEnd(planId: PlanId, task: TaskName): Fact | undefined;
  /** The host that this agent follows, itself included; undefined: nobody. */
  findLeader(): HostId | undefined;
}

/** What files between hosts are moved with. */
export interface FilesPorts {
  readonly node: Pick<
    MeshNode,
    'blobs' | 'fetcher' | 'findPeer' | 'ask' | 'stream' | 'addRoute' | 'setOffer'
  > & { listLinks(): readonly { readonly host: HostId }[] };
  /** This host. */
  readonly host: HostId;
  readonly core: CoreView;
  /** Undefined for a plan that this host has not taken up. */
  ground(planId: PlanId): PlanGround | undefined;
  push(event: Event): void;
  /** True while a task of this name runs here: its log grows. */
  isRunning(pkgname: PkgName): boolean;
  /** `<logDir>/<PKGNAME>/<stage>.log`. */
  readonly logDir: string;
  /** DISTDIR of this host. */
  readonly distDir: string;
  /** The state directory of this host: what is kept lies below `earlier/` there. */
  readonly stateDir: string;
  /** No package file is larger. */
  readonly packageBytesMax: number;
  /** True of what other parts of the agent need of the store: it is not evicted. */
  isPinned(sha256: string): boolean;
  readonly log: Logger;
}

/** The directories that CATEGORIES of a package name; none for one that the build does not know. */
export const listCategories = ({ byName }: PlanGround, name: string): readonly string[] =>
  (byName.get(name)?.record.categories ?? '').split(/\s+/).filter((word) => word !== '');
