import { createLog } from '../../agent/log.ts';
import { type MeshNode, openNode } from '../../agent/mesh/node.ts';
import { hostId } from '../../src/core/ids.ts';
import { ownProtocol } from '../../src/core/message.ts';
import { readKeyRing } from '../../src/mesh/key.ts';
import type { MeshEvent } from '../../src/mesh/links.ts';

export interface EndOptions {
  readonly name: string;
  readonly stateDir: string;
  readonly keyFile: string;
  readonly seeds: readonly string[];
  readonly onEvent: (event: MeshEvent) => void;
}

/** One end of a real connection: the port and the files of an agent, without its core. */
export const openEnd = ({ name, stateDir, keyFile, seeds, onEvent }: EndOptions): Promise<MeshNode> => {
  const keys = readKeyRing(keyFile);
  if (keys === undefined) throw new Error(`${keyFile} is not there`);
  const life = { host: hostId(name), incarnation: 1, boot: 'bench' };
  const about = { mesh: keys.meshId, protocol: ownProtocol, platform: 'bench', runs: 1, cores: 1 };
  return openNode({
    ...{ keys, seeds, known: [], stateDir, onEvent, log: createLog('silent') },
    ...{ listen: ['127.0.0.1:0'], isListenUsual: false, onLost: () => undefined },
    introduce: () => ({
      hello: { ...about, life, eligibility: 'allow' },
      ...{ addresses: [], name, version: 'bench', grounds: {} },
    }),
  });
};
