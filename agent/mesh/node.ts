import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Fetcher } from '../../src/artefacts/fetch/fetcher.ts';
import { askPeer, type Peer } from '../../src/artefacts/fetch/peer.ts';
import { createBlobHandler } from '../../src/artefacts/serve/handler.ts';
import type { Sha256 } from '../../src/artefacts/sha256.ts';
import { BlobStore, type Loss } from '../../src/artefacts/store/store.ts';
import type { CloseReason } from '../../src/core/effect.ts';
import type { HostId, SessionId } from '../../src/core/ids.ts';
import type { Message } from '../../src/core/message.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { type Address, formatAddress, parseBind } from '../../src/mesh/address.ts';
import { type Callee, createCalls } from '../../src/mesh/calls.ts';
import type { KnownPeer } from '../../src/mesh/introduction.ts';
import type { KeyRing } from '../../src/mesh/key.ts';
import { defaultMeshLimits } from '../../src/mesh/limits.ts';
import type { MeshEvent } from '../../src/mesh/links.ts';
import { type MeshTraffic, TrafficMeter } from '../../src/mesh/traffic.ts';
import {
  type CallView,
  type LinkView,
  openTransport,
  type Transport,
  type TransportOptions,
} from '../../src/mesh/transport.ts';
import { refuse } from './answers.ts';

/** The hosts that there is a connection to, each once: there may be two for a moment. */
export const listLinked = (node: {
  listLinks(): readonly { readonly host: HostId }[];
}): readonly HostId[] => [...new Set(node.listLinks().map(({ host }) => host))];

export type Route = (request: IncomingMessage, response: ServerResponse) => void;

/** A small question to another agent. */
export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Goes as JSON. */
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What an agent is among others: its port, its connections, and the files that hosts give each other. */
export interface MeshNode {
  readonly meshId: string;
  readonly blobs: BlobStore;
  readonly fetcher: Fetcher;
  /** What has gone over connections so far; goes on to count. */
  readonly traffic: MeshTraffic;
  /** Bytes of files that others have been given so far. */
  readonly givenBytes: number;
  /** Where it listens. */
  listBound(): readonly string[];
  /** Connections, and hosts that are called in vain. */
  listLinks(): readonly LinkView[];
  listCalls(): readonly CallView[];
  /** Hosts that it has been connected with: worth to be kept for the next life. */
  listMet(): readonly KnownPeer[];
  send(session: SessionId, message: Message): void;
  closeSession(session: SessionId, reason: CloseReason): void;
  /** For files; undefined without a connection to that host now. */
  findPeer(host: HostId): Peer | undefined;
  /** The JSON of the answer. Rejects when there is none in time, or one that says no. */
  ask(host: HostId, question: Question): Promise<unknown>;
  /** An answer as it comes, for logs. Rejects as `ask`. */
  stream(host: HostId, path: string, signal: AbortSignal): Promise<IncomingMessage>;
  /** Who answers what begins with this on the port of the mesh; the longest beginning counts. */
  addRoute(prefix: string, route: Route): void;
  /** Asked when somebody wants a file that is not in the store: see `ServeOptions.offer`. */
  setOffer(offer: (sha256: Sha256) => Promise<void>): void;
  /** Calls one more host. @throws {BulkmeshError} MESH_ADDRESS_BAD */
  join(address: string): void;
  setKeys(keys: KeyRing): void;
  stop(): Promise<void>;
}

export interface NodeOptions extends Pick<TransportOptions, 'keys' | 'seeds' | 'known' | 'introduce'> {
  readonly stateDir: string;
  /** IP:PORT. */
  readonly listen: readonly string[];
  /** Nobody chose these: where the port is taken, another one will do. */
  readonly isListenUsual: boolean;
  /** To be queued: may be called from within `send`. */
  readonly onEvent: (event: MeshEvent) => void;
  /** A file that was here is gone, by nobody's wish. */
  readonly onLost: (sha256: Sha256, loss: Loss) => void;
  readonly log: Logger;
}

/** More than this no answer to a question may have, bytes. */
const answerBytesMax = 16 * 2 ** 20;

/**
 * Opens the files and the port of an agent, and begins to call the others. Events come from then on; requests are answered by
 * the routes that there are by then.
 * @throws {BulkmeshError} what `BlobStore.open` and `openTransport` throw
 */
export const openNode = async (options: NodeOptions): Promise<MeshNode> => {
  const { log, stateDir } = options;
  const blobs = await BlobStore.open({
    root: join(stateDir, 'blobs'),
    onLost: (sha256, loss) => {
      log.warn({ sha256, loss }, 'a file that was here is gone');
      options.onLost(sha256, loss);
    },
    onOdd: (path) =>
      log.warn({ path }, 'something that no store makes lay among the files: it was moved aside'),
  });
  const node = new RunningNode(options, blobs);
  try {
    await node.open();
    return node;
  } catch (error) {
    await node.stop();
    throw error;
  }
};

class RunningNode implements MeshNode {
  readonly blobs: BlobStore;
  readonly fetcher: Fetcher;
  givenBytes = 0;
  readonly #options: NodeOptions;
  readonly #calls = createCalls(defaultMeshLimits);
  readonly #routes = new Map<string, Route>();
  #keys: KeyRing;
  #transport: Transport | undefined;
  #offer: ((sha256: Sha256) => Promise<void>) | undefined;

  constructor(options: NodeOptions, blobs: BlobStore) {
    const { log } = options;
    this.#options = options;
    this.#keys = options.keys;
    this.blobs = blobs;
    this.fetcher = new Fetcher(blobs);
    const serveBlobs = createBlobHandler({
      store: blobs,
      nameCaller: ({ socket }) => socket.remoteAddress ?? '',
      offer: async (sha256) => this.#offer?.(sha256),
      onSent: (sizeBytes) => {
        this.givenBytes += sizeBytes;
      },
      onTrouble: (error) => log.warn({ error: messageOf(error) }, 'a file could not be given'),
    });
    for (const prefix of ['/blob/', '/blobs']) {
      this.addRoute(prefix, (request, response) => {
        if (!serveBlobs(request, response)) refuse(response, 404);
      });
    }
  }

  get meshId(): string {
    return this.#keys.meshId;
  }

  async open(): Promise<void> {
    const { listen, isListenUsual, log } = this.#options;
    try {
      await this.#listen(listen.map((place) => parseBind(place)));
    } catch (error) {
      const isTaken = error instanceof BulkmeshError && error.code === 'MESH_PORT_TAKEN';
      if (!isTaken || !isListenUsual) throw error;
      // A second agent of one host: those that know the usual port reach the first one.
      await this.#listen(listen.map((place) => ({ ...parseBind(place), port: 0 })));
      log.warn(`${error.message}: this agent listens at ${this.listBound().join(', ')}`);
    }
  }

  async #listen(binds: readonly Address[]): Promise<void> {
    const { listen: _listen, log, ...rest } = this.#options;
    this.#transport = await openTransport({
      ...{ ...rest, binds },
      onRequest: (request, response) => this.#answer(request, response),
      onTrouble: (trouble) => log.warn({ trouble }, 'trouble with another host'),
    });
  }

  get traffic(): MeshTraffic {
    return this.#transport?.traffic ?? new TrafficMeter();
  }

  listBound(): readonly string[] {
    return (this.#transport?.bound ?? []).map(formatAddress);
  }

  listLinks(): readonly LinkView[] {
    return this.#transport?.listLinks() ?? [];
  }

  listCalls(): readonly CallView[] {
    return this.#transport?.listCalls() ?? [];
  }

  listMet(): readonly KnownPeer[] {
    return this.#transport?.listMet() ?? [];
  }

  send(session: SessionId, message: Message): void {
    this.#transport?.send(session, message);
  }

  closeSession(session: SessionId, reason: CloseReason): void {
    this.#transport?.closeSession(session, reason);
  }

  findPeer(host: HostId): Peer | undefined {
    const callee = this.#findCallee(host);
    return callee && { name: host, open: (wanted) => this.#calls.open(callee, wanted) };
  }

  async ask(host: HostId, { method, path, body, timeoutMs, signal }: Question): Promise<unknown> {
    const limit = AbortSignal.timeout(timeoutMs);
    const response = await this.#request(host, {
      ...{ method, path, body },
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > answerBytesMax) throw new Error(`${path} of ${host}: an answer without end`);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  }

  stream(host: HostId, path: string, signal: AbortSignal): Promise<IncomingMessage> {
    return this.#request(host, { method: 'GET', path, body: undefined, signal });
  }

  addRoute(prefix: string, route: Route): void {
    this.#routes.set(prefix, route);
  }

  setOffer(offer: (sha256: Sha256) => Promise<void>): void {
    this.#offer = offer;
  }

  join(address: string): void {
    this.#transport?.join(address);
  }

  setKeys(keys: KeyRing): void {
    this.#keys = keys;
    this.#transport?.setKeys(keys);
  }

  async stop(): Promise<void> {
    await this.fetcher.close();
    await this.#transport?.stop();
    this.#calls.close();
    await this.blobs.close();
  }

  /** A connection that this end has opened says where that host listens; of the other's, what it says of itself does. */
  #findCallee(host: HostId): Callee | undefined {
    const links = this.listLinks().filter((link) => link.host === host);
    const link = links.find(({ isDialler }) => isDialler) ?? links[0];
    if (link === undefined) return undefined;
    const { current, previous } = this.#keys;
    const key = previous?.id === link.keyId ? previous : current;
    return { address: link.address, key };
  }

  async #request(
    host: HostId,
    { method, path, body, signal }: Pick<Question, 'method' | 'path' | 'body'> & { signal: AbortSignal },
  ): Promise<IncomingMessage> {
    const peer = this.findPeer(host);
    if (peer === undefined) throw notConnected(host);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string> =
      text === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(text)) };
    const response = await askPeer(peer, { method, path, headers, signal }, text);
    if (response.statusCode === 200) return response;
    const said = await readSaid(response);
    throw new BulkmeshError('MESH_REFUSED', said ?? `${path} of ${host}: ${response.statusCode}`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    let best: string | undefined;
    for (const prefix of this.#routes.keys()) {
      if (url.startsWith(prefix) && prefix.length > (best?.length ?? -1)) best = prefix;
    }
    const route = best === undefined ? undefined : this.#routes.get(best);
    if (route === undefined) {
      refuse(response, 404);
      return;
    }
    try {
      route(request, response);
    } catch (error) {
      this.#options.log.error({ url, error: messageOf(error) }, 'a request of another host failed here');
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    }
  }
}

/** The one line that an agent gives with a refusal. */
const readSaid = async (response: IncomingMessage): Promise<string | undefined> => {
  let text = '';
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      text += chunk.toString('utf8');
      if (text.length > 4_096) break;
    }
    const value: unknown = JSON.parse(text);
    const message = typeof value === 'object' && value !== null ? Reflect.get(value, 'message') : undefined;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
};

const notConnected = (host: HostId): BulkmeshError =>
  new BulkmeshError('MESH_NOT_CONNECTED', `there is no connection to ${host} now`, {
    hint: 'bulkmesh hosts tells why',
  });
