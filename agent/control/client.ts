import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { StopMode } from '../../src/core/input.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import type { LogWish } from '../view/logs.ts';
import type { MeshSnapshot } from '../view/meshView.ts';
import type { Order, OrderDone } from '../view/order.ts';
import type { PackagePlace } from '../view/places.ts';
import type { BuildAccepted, BuildEvent, BuildRequest, SandboxInfo, Status } from './protocol.ts';

/** The agent of this host, as its command line sees it. Every method throws `BulkmeshError`. */
export interface ControlClient {
  status(): Promise<Status>;
  /** Events from now on, a `snapshot` first; ends when the agent goes away or `signal` aborts. */
  events(signal: AbortSignal): AsyncIterable<BuildEvent>;
  build(request: BuildRequest): Promise<BuildAccepted>;
  stop(mode: StopMode): Promise<void>;
  sandboxes(): Promise<readonly SandboxInfo[]>;
  destroySandbox(slot: string): Promise<void>;
  shutdown(mode: StopMode): Promise<void>;
  /** All hosts of the mesh, each asked how it is. */
  hosts(): Promise<MeshSnapshot>;
  /** `host`: a name or id; undefined: this one. */
  order(host: string | undefined, order: Order): Promise<OrderDone>;
  evict(host: string, force: boolean): Promise<OrderDone>;
  /** Where packages are now that words mean. */
  where(packages: readonly string[]): Promise<readonly PackagePlace[]>;
  /** A log of another host as it comes. */
  log(wish: LogWish, signal: AbortSignal): Promise<Readable>;
}

/** Throws `AGENT_NOT_RUNNING` when nobody answers at the socket. */
export const connectAgent = async (socketPath: string): Promise<ControlClient> => {
  const call = <T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> =>
    callAgent<T>(socketPath, method, path, body);
  await call('GET', '/status');
  return {
    status: () => call<Status>('GET', '/status'),
    events: (signal) => readEvents(socketPath, signal),
    build: (wanted) => call<BuildAccepted>('POST', '/build', wanted),
    stop: async (mode) => {
      await call('POST', '/stop', { mode });
    },
    sandboxes: () => call<readonly SandboxInfo[]>('GET', '/sandboxes'),
    destroySandbox: async (slot) => {
      await call('POST', '/sandboxes/destroy', { slot });
    },
    shutdown: async (mode) => {
      await call('POST', '/shutdown', { mode });
    },
    hosts: () => call<MeshSnapshot>('GET', '/hosts'),
    order: (host, order) => call<OrderDone>('POST', '/order', { host, order }),
    evict: (host, force) => call<OrderDone>('POST', '/evict', { host, force }),
    where: (packages) => call<readonly PackagePlace[]>('POST', '/where', { packages }),
    log: async (wish, signal) => {
      const response = await send(socketPath, 'POST', '/log', wish, signal);
      if (response.statusCode === 200) return response;
      throw errorOf(await readBody(response), response.statusCode ?? 0);
    },
  };
};

const callAgent = async <T>(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body: unknown,
): Promise<T> => {
  const response = await send(socketPath, method, path, body, undefined);
  const value = await readBody(response);
  if (response.statusCode === 200) return value as T;
  throw errorOf(value, response.statusCode ?? 0);
};

async function* readEvents(socketPath: string, signal: AbortSignal): AsyncGenerator<BuildEvent> {
  const response = await send(socketPath, 'GET', '/events', undefined, signal).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (response === undefined) return;
  if (response.statusCode !== 200) throw errorOf(await readBody(response), response.statusCode ?? 0);
  try {
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      const event = parseJson(line);
      // Half a line: the agent was killed while it wrote.
      if (event === undefined) return;
      yield event as BuildEvent;
    }
  } catch (error) {
    // The agent's end and our own abort both cut the stream: for the reader they are its end.
    if (!signal.aborted && !isCut(error)) throw agentLost(error);
  } finally {
    response.destroy();
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const send = (
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = request({ socketPath, method, path, headers, ...(signal ? { signal } : {}) }, resolve);
    outgoing.on('error', (cause: NodeJS.ErrnoException) => {
      reject(absent.has(cause.code ?? '') ? notRunning(socketPath, cause) : agentLost(cause));
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });

/** EINVAL: the path is too long for any socket; an agent that is started says so. */
const absent: ReadonlySet<string> = new Set([
  ...['ENOENT', 'ENOTDIR', 'EINVAL', 'ECONNREFUSED', 'EACCES', 'ECONNRESET', 'EPIPE'],
]);

const notRunning = (socketPath: string, cause: NodeJS.ErrnoException): BulkmeshError =>
  cause.code === 'EACCES'
    ? new BulkmeshError('AGENT_REFUSED', `no permission to use the agent's control socket ${socketPath}`, {
        hint: 'run the command as the user that runs the agent (usually root)',
        cause,
      })
    : new BulkmeshError('AGENT_NOT_RUNNING', `no agent answers at ${socketPath}`, {
        hint: 'start one with: bulkmesh agent',
        cause,
      });

const agentLost = (cause: unknown): BulkmeshError => {
  const why = messageOf(cause);
  return new BulkmeshError('AGENT_LOST', `the connection to the agent broke: ${why}`, {
    hint: 'see whether it runs with: bulkmesh status',
    cause,
  });
};

const isCut = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'ABORT_ERR');

/** The answer's JSON. Throws `AGENT_LOST` when it is cut off. */
const readBody = async (response: IncomingMessage): Promise<unknown> => {
  let text = '';
  response.setEncoding('utf8');
  try {
    for await (const chunk of response) text += chunk;
    return JSON.parse(text);
  } catch (error) {
    throw agentLost(error);
  }
};

const errorOf = (value: unknown, status: number): BulkmeshError => {
  const field = (name: string): string => {
    const found = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    return typeof found === 'string' ? found : '';
  };
  return new BulkmeshError(
    field('code') || 'AGENT_ERROR',
    field('message') || `the agent answered ${status}`,
    {
      hint: field('hint'),
    },
  );
};
