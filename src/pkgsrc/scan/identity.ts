import type { TreeEnvironment } from '../environment.ts';
import { makeCommand } from '../make.ts';
import { digestBytes } from './filedigests.ts';
import { digestInside, digestSystem } from './insidefiles.ts';
import type { BatchPorts } from './makebatch.ts';

/** Of what it means that two scans are the same: another number when answers are made or read in another way. */
const VERSION = 1;

/**
 * One word for all that answers of a scan hang on besides files that make names: make itself, the words and variables
 * that it gets, the bootstrap kit, platform, compiler, headers, libraries and programs of the system in the sandbox.
 * `kit` names the content of the kit.
 */
export async function readIdentity(
  ports: BatchPorts,
  tree: TreeEnvironment,
  kit: string | undefined,
): Promise<string> {
  const { environment, user, signal } = ports;
  const output = { kind: 'capture', maxBytes: 0 } as const;
  const command = makeCommand(environment, { dir: '', targets: ['pbulk-index'], user, output, signal });
  const [make, system] = await Promise.all([digestInside(ports, [environment.make]), digestSystem(ports)]);
  const parts = {
    version: VERSION,
    argv: command.argv,
    env: Object.entries(command.env).sort(([one], [other]) => (one < other ? -1 : 1)),
    pkgsrc: environment.pkgsrc,
    kit: kit ?? '',
    make: make.get(environment.make) ?? '',
    platform: tree.platform,
    system,
  };
  return digestBytes(JSON.stringify(parts));
}
