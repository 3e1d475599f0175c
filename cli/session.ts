import { type ControlClient, connectAgent } from '../agent/control/client.ts';
import { agentPaths } from '../agent/paths.ts';
import type { Config } from '../src/config/config.ts';
import type { StopMode } from '../src/core/input.ts';
import { BulkmeshError } from '../src/errors.ts';

/** The running agent of this host. Throws `AGENT_NOT_RUNNING`. */
export function openAgent(config: Config): Promise<ControlClient> {
  return connectAgent(agentPaths(config).socket);
}

/** The running agent of this host; undefined when there is none. */
export async function findAgent(config: Config): Promise<ControlClient | undefined> {
  try {
    return await openAgent(config);
  } catch (error) {
    if (error instanceof BulkmeshError && error.code === 'AGENT_NOT_RUNNING') return undefined;
    throw error;
  }
}

/** An agent to work with, whoever runs it. */
export interface Session {
  readonly client: ControlClient;
  /** True: it runs in this process and ends with `close`. */
  readonly embedded: boolean;
  /** Shuts an embedded agent down, and resolves when it is gone; leaves any other alone. */
  close(mode: StopMode): Promise<void>;
}

/** The running agent of this host, or else one in this process. Throws what starting it throws. */
export async function openSession(config: Config): Promise<Session> {
  const client = await findAgent(config);
  if (client !== undefined) return { client, embedded: false, close: async () => {} };
  // Only now: most commands need nothing of what an agent is made of.
  const { startAgent } = await import('../agent/main.ts');
  const agent = await startAgent(config, { log: 'silent' });
  return {
    client: await openAgent(config),
    embedded: true,
    close: async (mode) => {
      agent.shutdown(mode);
      await agent.stopped;
    },
  };
}
