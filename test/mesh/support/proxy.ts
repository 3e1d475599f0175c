import { connect, createServer, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { parseAddress } from '../../../src/mesh/address.ts';
import { demand } from './mesh.ts';

/** A line between two hosts, in the hands of a test. */
export interface Line {
  readonly address: string;
  /** What has gone by, as it came. */
  readonly toServer: Buffer[];
  readonly toClient: Buffer[];
  /** Calls that came. */
  readonly count: () => number;
  /** From now on it takes everything and passes on nothing, and nobody notices. */
  swallow(): void;
  /** Cuts all that goes through it; new calls go through. */
  cut(): void;
}

/** Lines through which calls go to an address, gone after each test. */
export const useLines = () => {
  const open: (() => void)[] = [];
  afterEach(() => {
    for (const close of open.splice(0)) close();
  });
  return async (target: string): Promise<Line> => {
    const pairs = new Set<readonly [Socket, Socket]>();
    const [toServer, toClient]: [Buffer[], Buffer[]] = [[], []];
    let isSwallowing = false;
    let count = 0;
    const pass = (from: Socket, to: Socket, log: Buffer[]): void => {
      from.on('data', (chunk) => {
        log.push(chunk);
        if (!isSwallowing) to.write(chunk);
      });
      from.on('close', () => {
        if (!isSwallowing) to.destroy();
      });
      from.on('error', () => undefined);
    };
    const server = createServer({ noDelay: true }, (client) => {
      count += 1;
      const remote = connect({ ...parseAddress(target), noDelay: true });
      pairs.add([client, remote]);
      pass(client, remote, toServer);
      pass(remote, client, toClient);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cut = (): void => {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      pairs.clear();
    };
    open.push(() => {
      cut();
      server.close();
    });
    const { port } = demand(Object(server.address()));
    return {
      ...{ address: `127.0.0.1:${port}`, toServer, toClient, cut, count: () => count },
      swallow: () => {
        isSwallowing = true;
      },
    };
  };
};
