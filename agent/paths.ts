import { join } from 'node:path';
import type { Config } from '../src/config/config.ts';

/** Where an agent keeps and finds things: every path that follows from the config, in one place. */
export interface AgentPaths {
  readonly state: string;
  /** Unix socket of the control API. */
  readonly socket: string;
  /** `<packages>/All`: where finished packages are published and dependencies come from. */
  readonly packagesAll: string;
  /** `<bulklog>/<PKGNAME>/<stage>.log`. */
  readonly logs: string;
  /** Reports and pbulk's state files. */
  readonly meta: string;
  /** The report of the last rebuild: the one of the whole build stays where it is. */
  readonly rebuildMeta: string;
}

export const agentPaths = (config: Config): AgentPaths => ({
  state: config.paths.state,
  socket: join(config.paths.state, 'control.sock'),
  packagesAll: join(config.paths.packages, 'All'),
  logs: config.paths.bulklog,
  meta: join(config.paths.bulklog, 'meta'),
  rebuildMeta: join(config.paths.bulklog, 'rebuild'),
});
