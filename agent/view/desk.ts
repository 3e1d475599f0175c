import type { Readable } from 'node:stream';
import { hostId } from '../../src/core/ids.ts';
import { viewMesh } from '../../src/core/meshView.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { MeshSlots } from '../control/protocol.ts';
import { findEntry, listEntries } from './entries.ts';
import { type LogWish, openLog } from './logs.ts';
import { type HostEntry, listSlots, type MeshSnapshot, mergeBuilds } from './meshView.ts';
import type { Order, OrderDone } from './order.ts';
import { orderBuild, performOrder, relayOrder } from './orders.ts';
import { createPeerViews } from './peers.ts';
import { findPlaces, type PackagePlace, placePorts } from './places.ts';
import type { DeskPorts } from './ports.ts';
import { addDeskRoutes } from './routes.ts';

/** Where people ask about the whole mesh, and tell it what to do: on each of its hosts. */
export interface Desk {
  /** All hosts, each asked how it is; resolves within a good second. */
  viewMesh(): Promise<MeshSnapshot>;
  /** The same without asking: what they told last. */
  recallMesh(): MeshSnapshot;
  /**
   * Has this host or another one do something; `word`: its name or id, undefined: this one. Throws `HOST_UNKNOWN`,
   * `HOST_AMBIGUOUS`, `HOST_UNREACHED`, and what the host refuses it with.
   */
  order(word: string | undefined, order: Order): Promise<OrderDone>;
  /** Takes a host for dead at once. Throws as `order`, `EVICT_SELF`, and `EVICT_ALIVE` unless `isForced`. */
  evict(word: string, isForced: boolean): Promise<OrderDone>;
  /** What runs on the other hosts, as they told last; they are asked again in the background. Undefined: there are none. */
  watchSlots(): MeshSlots | undefined;
  /** Where packages are now that a person names; empty where this host knows none of them. */
  findPlaces(words: readonly string[]): Promise<readonly PackagePlace[]>;
  /** A log of another host, as it comes. Throws `HOST_UNREACHED`, and what that host says against it. */
  openLog(wish: LogWish, signal: AbortSignal): Promise<Readable>;
  close(): void;
}

/** How old may be what a board shows of other hosts, milliseconds. */
const watchedMs = 1_000;

export const createDesk = (ports: DeskPorts): Desk => {
  const { core, line, acts } = ports;
  const peers = line === undefined ? undefined : createPeerViews(line);
  addDeskRoutes(ports);

  const list = (): readonly HostEntry[] => listEntries(ports, peers);
  const recall = (): MeshSnapshot => {
    const hosts = list();
    const views = hosts.flatMap(({ view, standing }) =>
      view === undefined || standing === 'dead' || standing === 'left' ? [] : [view],
    );
    return {
      mesh: line?.meshId,
      atMs: Date.now(),
      coordinator: viewMesh(core).leader?.host,
      hosts,
      builds: mergeBuilds(views),
    };
  };

  return {
    recallMesh: recall,
    viewMesh: async () => {
      await peers?.refresh();
      return recall();
    },
    order: async (word, order) => {
      if (order.kind === 'stop' || order.kind === 'resume' || order.kind === 'retry') {
        await peers?.refresh();
        return orderBuild(ports, list(), order);
      }
      const meant = word === undefined ? list()[0] : findEntry(list(), word);
      if (meant?.host === undefined || meant.standing === 'self' || line === undefined) {
        return orderSelf(ports, meant?.name ?? '', order);
      }
      return relayOrder(line, { host: meant.host, name: meant.name }, order);
    },
    evict: async (word, isForced) => {
      const { host, name, standing } = findEntry(list(), word);
      if (standing === 'self') throw evictSelf();
      if (standing === 'unreachable') throw evictUnknown(name);
      if (!isForced && standing === 'alive') throw evictAlive(name);
      acts.evict(hostId(host));
      return { text: `${name} is out of the mesh: what it held is given to others`, names: [name] };
    },
    watchSlots: () => {
      void peers?.refresh(watchedMs);
      const [self, ...others] = list();
      const present = others.filter(({ standing }) => standing === 'alive' || standing === 'suspect');
      if (self === undefined || present.length === 0) return undefined;
      return {
        name: self.name,
        others: present.map((entry) => ({ name: entry.name, slots: listSlots(entry) })),
      };
    },
    findPlaces: (words) => findPlaces(placePorts(ports), words),
    openLog: (wish, signal) => openLog(ports, wish, signal),
    close: ports.names.close,
  };
};

const orderSelf = async ({ acts }: DeskPorts, name: string, order: Order): Promise<OrderDone> => {
  const done = await performOrder(acts, name, order);
  if (done === undefined) throw new Error(`nothing came of ${order.kind}`);
  return done;
};

const evictSelf = (): BulkmeshError =>
  new BulkmeshError('EVICT_SELF', 'a host cannot take itself for dead', {
    hint: '"bulkmesh leave" ends the agent of this host in good order',
  });

const evictUnknown = (name: string): BulkmeshError =>
  new BulkmeshError('EVICT_UNKNOWN', `${name} has not been in the mesh since this agent was started`, {
    hint: 'nobody waits for it',
  });

const evictAlive = (name: string): BulkmeshError =>
  new BulkmeshError('EVICT_ALIVE', `${name} is alive`, {
    hint: `"bulkmesh drain ${name}" has it start nothing more; --force takes it for dead all the same`,
  });
