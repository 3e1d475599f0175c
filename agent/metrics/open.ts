import type { Logger } from 'pino';
import type { Config } from '../../src/config/config.ts';
import type { MeshNode } from '../mesh/node.ts';
import { watchDelay } from '../view/delay.ts';
import type { Desk } from '../view/desk.ts';
import { type FigureSources, listFamilies } from './families.ts';
import { listenMetrics } from './listener.ts';
import type { Tally } from './tally.ts';

interface MetricsPorts {
  readonly desk: Pick<Desk, 'recallMesh'>;
  readonly tally: Tally;
  /** Undefined: an agent that is in no mesh. */
  readonly node: Pick<MeshNode, 'traffic' | 'fetcher' | 'givenBytes'> | undefined;
  readonly log: Logger;
}

/**
 * Gives the figures of the agent where its configuration says; nowhere where it does not. Returns the way to end that. Throws what
 * `listenMetrics` throws.
 */
export const openMetrics = async (
  { listen, tokenFile }: Config['metrics'],
  ports: MetricsPorts,
): Promise<() => Promise<void>> => {
  if (listen === undefined) return async () => undefined;
  const delay = watchDelay();
  const none = new Map<string, number>();
  const describe = (): FigureSources => ({
    mesh: ports.desk.recallMesh(),
    tally: ports.tally,
    sent: ports.node?.traffic.sent ?? none,
    heard: ports.node?.traffic.heard ?? none,
    files: { bytesIn: ports.node?.fetcher.fetchedBytes ?? 0, bytesOut: ports.node?.givenBytes ?? 0 },
    delayMaxMs: delay.maxMs(),
  });
  try {
    const listener = await listenMetrics({ listen, tokenFile }, () => listFamilies(describe()));
    ports.log.info({ listen, port: listener.port }, 'figures can be had at /metrics');
    return async () => {
      delay.close();
      await listener.close();
    };
  } catch (error) {
    delay.close();
    throw error;
  }
};
