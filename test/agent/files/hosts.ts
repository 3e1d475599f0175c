import { join } from 'node:path';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { createFiles, type Files } from '../../../agent/files/files.ts';
import type { FilesPorts, KeptFile, PlanGround } from '../../../agent/files/ports.ts';
import type { Route } from '../../../agent/mesh/node.ts';
import { Fetcher } from '../../../src/artefacts/fetch/fetcher.ts';
import { askPeer, type Peer } from '../../../src/artefacts/fetch/peer.ts';
import { createBlobHandler } from '../../../src/artefacts/serve/handler.ts';
import type { Sha256 } from '../../../src/artefacts/sha256.ts';
import type { BlobStore } from '../../../src/artefacts/store/store.ts';
import type { Fact } from '../../../src/core/facts/fact.ts';
import {
  type HostId,
  hostId,
  makeToken,
  type PlanId,
  planId,
  slotName,
  taskName,
} from '../../../src/core/ids.ts';
import type { Event } from '../../../src/core/input.ts';
import type { PkgName, ResolvedPackage } from '../../../src/pkgsrc/package.ts';
import type { Hosts, Kept } from '../../artefacts/hosts.ts';
import { makeRecord } from '../../pkgsrc/records.ts';
import { type Ground, layGround } from '../../pkgsrc/repository/support.ts';

export const plan = planId('a'.repeat(64));

/** What the hosts of a test have in common: the build, and who has which file as all of them believe. */
export interface TestMesh {
  readonly hosts: Map<HostId, TestHost>;
  readonly ends: Map<string, Fact>;
  /** By task. */
  readonly holders: Map<string, Set<HostId>>;
  /** Cables that are pulled out: hosts that nobody reaches. */
  readonly cut: Set<HostId>;
  readonly packages: ResolvedPackage[];
  readonly kept: Map<PkgName, KeptFile>;
  leader: HostId | undefined;
  addPackage(name: PkgName, needs?: readonly PkgName[]): void;
  /** A host that takes the build up as it is by now; `had`: packages that were there before. */
  addHost(name: string, had?: readonly string[]): Promise<TestHost>;
}

export interface TestHost extends Kept {
  readonly id: HostId;
  readonly files: Files;
  readonly ground: Ground;
  readonly dir: string;
  readonly ports: FilesPorts;
  readonly events: Event[];
  readonly running: Set<string>;
  /** What others asked of it, as `GET /path`. */
  readonly asked: readonly string[];
  /** It has built that package, and all hear of it. */
  build(name: string, digest: string, sizeBytes: number): Fact;
}

/** Hosts of one test: real stores and servers, what the core knows made up. */
export const makeMesh = (hosts: Hosts): TestMesh => {
  const mesh: TestMesh = {
    hosts: new Map(),
    ends: new Map(),
    holders: new Map(),
    cut: new Set(),
    packages: [],
    kept: new Map(),
    leader: undefined,
    addPackage: (name, needs = []) => {
      const depends = needs.map((need) => mesh.packages.findIndex(({ record }) => record.pkgname === need));
      const record = makeRecord(name, { more: 'CATEGORIES=devel\n' });
      mesh.packages.push({ record, depends, state: { kind: 'buildable' } });
    },
    addHost: (name, had = []) => addHost(hosts, mesh, hostId(name), had),
  };
  return mesh;
};

const addHost = async (
  hosts: Hosts,
  mesh: TestMesh,
  id: HostId,
  had: readonly string[],
): Promise<TestHost> => {
  const dir = hosts.scratch();
  const ground = layGround();
  for (const name of had) ground.putPackage(name);
  const kept = await hosts.openStore({ threads: 1 });
  const events: Event[] = [];
  const running = new Set<string>();
  const { node, asked } = await makeNode(hosts, mesh, id, kept.store);
  const onHere = (event: Event): void => {
    events.push(event);
    if (event.kind === 'fileFetched') holdersOf(mesh, event.task).add(id);
    if (event.kind === 'fileGone') holdersOf(mesh, event.task).delete(id);
  };
  const ports: FilesPorts = {
    node,
    host: id,
    core: viewOf(mesh, id),
    ground: () => groundOf(mesh, ground, id),
    push: onHere,
    isRunning: (name) => running.has(name),
    logDir: join(dir, 'bulklog'),
    distDir: join(dir, 'distfiles'),
    stateDir: join(dir, 'files'),
    packageBytesMax: 2 ** 30,
    isPinned: () => false,
    log: pino({ level: 'silent' }),
  };
  const files = createFiles(ports);
  files.beginPlan(plan);
  onTestFinished(async () => {
    await files.stop();
    await node.fetcher.close();
    ground.remove();
  });
  const build: TestHost['build'] = (name, digest, sizeBytes) => {
    const fact = makeFact(plan, id, name, digest, sizeBytes);
    mesh.ends.set(name, fact);
    holdersOf(mesh, name).add(id);
    for (const host of mesh.hosts.values()) host.files.hearFacts([fact]);
    return fact;
  };
  const host = { ...kept, id, files, ground, dir, ports, events, running, asked, build };
  mesh.hosts.set(id, host);
  return host;
};

const holdersOf = ({ holders }: TestMesh, name: string): Set<HostId> => {
  const known = holders.get(name) ?? new Set();
  holders.set(name, known);
  return known;
};

const viewOf = (mesh: TestMesh, id: HostId): FilesPorts['core'] => ({
  viewFile: (_plan, task) => {
    const end = mesh.ends.get(task);
    const holders = [...holdersOf(mesh, task)];
    return {
      digests: end?.outcome.kind === 'built' ? [end.outcome.digest] : [],
      isHere: holders.includes(id),
      holders: holders.filter((host) => host !== id && !mesh.cut.has(host)),
    };
  },
  listEnds: () => [...mesh.ends.values()],
  findEnd: (_plan, task) => mesh.ends.get(task),
  findLeader: () => mesh.leader,
});

const groundOf = (mesh: TestMesh, { place }: Ground, id: HostId): PlanGround => ({
  place: { ...place, owner: id },
  resolution: { packages: mesh.packages },
  byName: new Map(mesh.packages.map((found) => [found.record.pkgname, found])),
  kept: mesh.kept,
  submitter: undefined,
});

export const makeFact = (
  of: PlanId,
  host: HostId,
  name: string,
  digest: string,
  sizeBytes: number,
): Fact => ({
  planId: of,
  task: taskName(name),
  token: makeToken({ n: 1, life: { host, incarnation: 1, boot: 'aa' } }, 1),
  origin: { host, incarnation: 1, boot: 'aa' },
  seq: 1,
  slot: slotName('build-1'),
  startedAtMs: 0,
  ...{ wallMs: 1, cpuMs: 1, jobs: 1, steps: [], diskBytes: 0, memoryBytes: 0 },
  outcome: { kind: 'built', digest, sizeBytes },
});

const makeNode = async (hosts: Hosts, mesh: TestMesh, id: HostId, blobs: BlobStore) => {
  const routes = new Map<string, Route>();
  let offer: ((sha256: Sha256) => Promise<void>) | undefined;
  const serveBlobs = createBlobHandler({
    store: blobs,
    nameCaller: () => 'one',
    offer: async (sha256) => offer?.(sha256),
  });
  const peer = await hosts.serve((request, response) => {
    if (mesh.cut.has(id)) return void response.destroy();
    if (serveBlobs(request, response)) return;
    const prefix = [...routes.keys()].find((one) => request.url?.startsWith(one));
    const route = prefix === undefined ? undefined : routes.get(prefix);
    if (route === undefined) response.writeHead(404).end();
    else route(request, response);
  });
  servers.set(id, peer);
  const findPeer = (host: HostId): Peer | undefined => {
    const found = mesh.hosts.has(host) && !mesh.cut.has(host) ? servers.get(host) : undefined;
    return found && { name: host, open: found.open };
  };
  const request = async (
    host: HostId,
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    signal: AbortSignal,
  ) => {
    const found = findPeer(host);
    if (found === undefined) throw new Error('no connection');
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await askPeer(found, { method, path, headers: {}, signal }, text);
    if (response.statusCode === 200) return response;
    response.destroy();
    throw new Error(`${path}: ${response.statusCode}`);
  };
  const node: FilesPorts['node'] = {
    blobs,
    fetcher: new Fetcher(blobs),
    findPeer,
    listLinks: () =>
      [...mesh.hosts.keys()].flatMap((host) => (host === id || mesh.cut.has(host) ? [] : [{ host }])),
    ask: async (host, { method, path, body, timeoutMs, signal }) => {
      const limit = AbortSignal.timeout(timeoutMs);
      const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
      const response = await request(host, method, path, body, both);
      let text = '';
      for await (const chunk of response) text += String(chunk);
      return JSON.parse(text);
    },
    stream: (host, path, signal) => request(host, 'GET', path, undefined, signal),
    addRoute: (prefix, route) => void routes.set(prefix, route),
    setOffer: (made) => {
      offer = made;
    },
  };
  return { node, asked: peer.asked };
};

const servers = new Map<HostId, Peer>();
