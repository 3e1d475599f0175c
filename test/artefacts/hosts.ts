import { createHash, randomBytes } from 'node:crypto';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import type { Peer } from '../../src/artefacts/fetch/peer.ts';
import type { Wanted } from '../../src/artefacts/fetch/single.ts';
import { type ArtefactLimits, defaultArtefactLimits } from '../../src/artefacts/limits.ts';
import { createBlobHandler } from '../../src/artefacts/serve/handler.ts';
import { parseSha256, type Sha256 } from '../../src/artefacts/sha256.ts';
import { BlobStore, type Loss } from '../../src/artefacts/store/store.ts';
import { useScratch } from '../store/scratch.ts';

export type Serve = (request: IncomingMessage, response: ServerResponse) => void;

export interface Hosts {
  readonly scratch: () => string;
  /** A store in a directory of its own, or at `root`. */
  openStore(limits?: Partial<ArtefactLimits>, root?: string): Promise<Kept>;
  /** A peer that answers so. */
  serve(answer: Serve): Promise<Peer & { readonly asked: string[]; readonly port: number }>;
  /** A peer that gives what a store has. */
  serveStore(store: BlobStore): Promise<Peer & { readonly asked: string[]; readonly port: number }>;
}

export interface Kept {
  readonly root: string;
  readonly store: BlobStore;
  readonly losses: { readonly sha256: Sha256; readonly loss: Loss }[];
  readonly odd: string[];
}

/** Limits with which a test need not wait. */
const quick: ArtefactLimits = { ...defaultArtefactLimits, retryAfterMs: 50, breakPauseMs: 1, busyMs: 3_000 };

/** Stores and servers of one test file, gone after each test. */
export const useHosts = (): Hosts => {
  const scratch = useScratch();
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });
  const serve: Hosts['serve'] = async (answer) => {
    const asked: string[] = [];
    const server = createServer((req, res) => {
      asked.push(`${req.method} ${req.url}`);
      answer(req, res);
    });
    const port = await bind(server);
    const agent = new Agent({ keepAlive: true });
    closers.push(async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const open: Peer['open'] = (options) => request({ ...options, agent, host: '127.0.0.1', port });
    return { name: `host-${port}`, open, asked, port };
  };
  return {
    scratch,
    openStore: async (limits = {}, root = join(scratch(), 'store')) => {
      const losses: { sha256: Sha256; loss: Loss }[] = [];
      const odd: string[] = [];
      const store = await BlobStore.open({
        root,
        limits: { ...quick, ...limits },
        onLost: (sha256, loss) => void losses.push({ sha256, loss }),
        onOdd: (path) => void odd.push(path),
      });
      closers.push(() => store.close());
      return { root, store, losses, odd };
    },
    serve,
    serveStore: (store) => {
      const handle = createBlobHandler({ store, nameCaller: (req) => req.socket.remoteAddress ?? '' });
      return serve((req, res) => {
        if (!handle(req, res)) res.writeHead(418).end();
      });
    },
  };
};

const bind = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

export const sha256Of = (bytes: Uint8Array): Sha256 => {
  const sha256 = parseSha256(createHash('sha256').update(bytes).digest('hex'));
  if (sha256 === undefined) throw new TypeError('no hash');
  return sha256;
};

/** Bytes that nobody has seen, and how they are asked for. */
export const makeBlob = (sizeBytes: number): { readonly bytes: Buffer; readonly wanted: Wanted } => {
  const bytes = randomBytes(sizeBytes);
  return { bytes, wanted: { sha256: sha256Of(bytes), sizeBytes, maxBytes: sizeBytes } };
};

/** A signal that nobody aborts. */
export const never = new AbortController().signal;

/** What comes true sooner or later: on a busy machine that is later. */
export const eventually = <Value>(look: () => Value) => expect.poll(look, { timeout: 60_000 });
