import { Agent, type ClientRequest, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { parseAddress } from './address.ts';
import type { MeshKey } from './key.ts';
import type { MeshLimits } from './limits.ts';
import { connectTls, isKeyProven } from './tls.ts';

/** Who is asked, and with which key. */
export interface Callee {
  /** As `formatAddress` writes it. */
  readonly address: string;
  readonly key: MeshKey;
}

/** What is asked for by HTTP on the port of another agent. */
export interface CallRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** HTTP requests to other agents: over sockets that are kept open for the next one. */
export interface Calls {
  /** Begins a request, as `request` of node:http does: it is for the caller to end it, and to hear its errors. */
  open(callee: Callee, wanted: CallRequest): ClientRequest;
  /** Ends what is open. */
  close(): void;
}

/** Sockets to one host at a time: those of files, and a few for words between them. */
const socketsMax = 8;

export const createCalls = (limits: Pick<MeshLimits, 'connectMs' | 'greetMs'>): Calls => {
  const agents = new Map<string, KeyedAgent>();
  const agentOf = ({ address, key }: Callee): KeyedAgent => {
    const name = `${key.id} ${address}`;
    const agent = agents.get(name) ?? new KeyedAgent(limits, { address, key });
    agents.set(name, agent);
    return agent;
  };
  return {
    open: (callee, { method, path, headers, signal }) =>
      request({ agent: agentOf(callee), host: 'bulkmesh', method, path, headers, signal }),
    close: () => {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
};

/** Opens sockets to one agent, each of which has proved that the other end has the key before anything is said. */
class KeyedAgent extends Agent {
  readonly #limits: Pick<MeshLimits, 'connectMs' | 'greetMs'>;
  readonly #callee: Callee;

  constructor(limits: Pick<MeshLimits, 'connectMs' | 'greetMs'>, callee: Callee) {
    super({ keepAlive: true, maxSockets: socketsMax, maxFreeSockets: socketsMax, scheduling: 'lifo' });
    this.#limits = limits;
    this.#callee = callee;
  }

  override createConnection(
    _options: unknown,
    onCreated?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { host, port } = parseAddress(this.#callee.address);
    const tcp = connect({ host, port, noDelay: true, keepAlive: true });
    let isOver = false;
    const finish = (error: Error | null, stream: Duplex): void => {
      clearTimeout(timer);
      tcp.off('error', fail);
      if (!isOver) onCreated?.(error, stream);
      isOver = true;
    };
    const fail = (error: Error): void => {
      tcp.destroy();
      finish(error, tcp);
    };
    const { connectMs, greetMs } = this.#limits;
    const timer = setTimeout(() => fail(new Error('no answer')), connectMs + greetMs);
    tcp.once('error', fail);
    tcp.once('connect', () => this.#greet(tcp, finish));
  }

  #greet(tcp: Socket, finish: (error: Error | null, stream: Duplex) => void): void {
    const tls = connectTls(tcp, this.#callee.key);
    const fail = (error: Error): void => {
      tls.destroy();
      finish(error, tls);
    };
    const hangUp = (): void => fail(new Error('it hung up'));
    tls.once('error', fail);
    tls.once('close', hangUp);
    tls.once('secureConnect', () => {
      if (!isKeyProven(tls)) return fail(new Error('it has not shown the key'));
      tls.off('error', fail);
      tls.off('close', hangUp);
      finish(null, tls);
    });
  }
}
