import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { StopMode } from '../../src/core/input.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { BuildAccepted, BuildEvent, BuildRequest, SandboxInfo, Status } from './protocol.ts';

/** What the control socket can ask of an agent. A method that refuses throws `BulkmeshError`. */
export interface ControlTarget {
  status(): Status;
  /** Calls back with a `snapshot` at once and with each event from then on; returns the way to stop it. */
  subscribe(listener: (event: BuildEvent) => void): () => void;
  build(request: BuildRequest): Promise<BuildAccepted>;
  stop(mode: StopMode): void;
  sandboxes(): readonly SandboxInfo[];
  destroySandbox(slot: string): void;
  shutdown(mode: StopMode): void;
}

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * Listens on a Unix socket that only its owner may use. The caller holds the state directory's lock, so a socket
 * file that is there already is a dead agent's. Throws `CONTROL_SOCKET` when the path cannot be used.
 */
export const serveControl = async (socketPath: string, target: ControlTarget): Promise<ControlServer> => {
  if (Buffer.byteLength(socketPath) > socketPathBytesMax) {
    throw new BulkmeshError('CONTROL_SOCKET', `the control socket's path is too long: ${socketPath}`, {
      hint: `choose a shorter paths.state: the path may have ${socketPathBytesMax} bytes`,
    });
  }
  await rm(socketPath, { force: true });
  const server = createServer((incoming, outgoing) => {
    void answer(target, incoming, outgoing);
  });
  await listen(server, socketPath);
  await chmod(socketPath, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** sun_path holds 104 bytes on the BSDs and macOS, 108 on Linux, the final NUL included. */
const socketPathBytesMax = 103;
const bodyBytesMax = 4 * 1024 * 1024;

const stopBody = z.object({ mode: z.enum(['drain', 'now']) });
const slotBody = z.object({ slot: z.string().max(64) });
const buildBody = z.object({ pkgpaths: z.array(z.string().max(256)).max(100_000), fresh: z.boolean() });

const listen = (server: Server, socketPath: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new BulkmeshError('CONTROL_SOCKET', `cannot listen on ${socketPath}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(socketPath, resolve);
  });

const answer = async (
  target: ControlTarget,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  try {
    const route = `${incoming.method} ${incoming.url}`;
    if (route === 'GET /events') return streamEvents(target, outgoing);
    reply(outgoing, 200, await perform(target, route, incoming));
  } catch (error) {
    const known = error instanceof BulkmeshError;
    const status = known ? (error.code.startsWith('REQUEST_') ? 400 : 409) : 500;
    const body = known
      ? { code: error.code, message: error.message, hint: error.hint }
      : { code: 'AGENT_ERROR', message: error instanceof Error ? error.message : String(error), hint: '' };
    reply(outgoing, status, body);
  }
};

const perform = async (target: ControlTarget, route: string, incoming: IncomingMessage): Promise<unknown> => {
  switch (route) {
    case 'GET /status':
      return target.status();
    case 'GET /sandboxes':
      return target.sandboxes();
    case 'POST /build':
      return target.build(await readJson(incoming, buildBody));
    case 'POST /stop':
      target.stop((await readJson(incoming, stopBody)).mode);
      return {};
    case 'POST /sandboxes/destroy':
      target.destroySandbox((await readJson(incoming, slotBody)).slot);
      return {};
    case 'POST /shutdown':
      target.shutdown((await readJson(incoming, stopBody)).mode);
      return {};
    default:
      throw new BulkmeshError('REQUEST_UNKNOWN', `the agent does not know ${route}`);
  }
};

const streamEvents = (target: ControlTarget, outgoing: ServerResponse): void => {
  outgoing.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const unsubscribe = target.subscribe((event) => {
    // A reader that does not keep up is cut off: it can connect again and gets a fresh snapshot.
    if (outgoing.writableLength > bodyBytesMax) outgoing.destroy();
    else outgoing.write(`${JSON.stringify(event)}\n`);
  });
  outgoing.on('close', unsubscribe);
};

const readJson = async <T>(incoming: IncomingMessage, schema: z.ZodType<T>): Promise<T> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new BulkmeshError('REQUEST_TOO_LARGE', 'the request is too large');
    chunks.push(chunk);
  }
  const checked = schema.safeParse(parseJson(Buffer.concat(chunks).toString('utf8')));
  if (checked.success) return checked.data;
  throw new BulkmeshError(
    'REQUEST_INVALID',
    `the request is not understood: ${z.prettifyError(checked.error)}`,
  );
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new BulkmeshError('REQUEST_INVALID', 'the request is no JSON');
  }
};

const reply = (outgoing: ServerResponse, status: number, body: unknown): void => {
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify(body));
};
