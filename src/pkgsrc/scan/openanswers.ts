import { basename } from 'node:path';
import type { SandboxSpec } from '../../sandbox/driver.ts';
import type { TreeEnvironment } from '../environment.ts';
import { Answers } from './answers.ts';
import type { AnswerStore } from './answerstore.ts';
import { makeHostPath } from './hostpath.ts';
import { readIdentity } from './identity.ts';
import { digestInside } from './insidefiles.ts';
import type { BatchPorts } from './makebatch.ts';

/**
 * Opens what earlier scans gave in sandboxes like this one. `ports.environment` is that of the scan: another one has
 * other answers. The directory of an unpacked kit is named by its content.
 */
export async function openAnswers(
  ports: BatchPorts,
  tree: TreeEnvironment,
  spec: SandboxSpec,
  store: AnswerStore,
): Promise<Answers> {
  const kit = spec.kitDir === undefined ? undefined : basename(spec.kitDir);
  return await Answers.open({
    store,
    identity: await readIdentity(ports, tree, kit),
    pkgsrc: ports.environment.pkgsrc,
    hostPath: makeHostPath(spec),
    digestInside: (paths) => digestInside(ports, paths),
  });
}
