import type { Config } from '../../src/config/config.ts';
import type { Finding } from './finding.ts';

/** Looks at what the sandbox driver needs of this host. */
export async function examineSandboxes(_config: Config | undefined): Promise<readonly Finding[]> {
  return [];
}
