import type { Logger } from 'pino';
import type { Fact } from '../src/core/facts/fact.ts';
import type { Store } from '../src/store/open.ts';
import type { Director } from './build/director.ts';
import type { LoopPorts } from './loop.ts';
import type { Progress } from './progress.ts';
import { messageOf } from './trouble.ts';

export interface KeeperPorts {
  readonly store: Pick<Store, 'together' | 'addFacts' | 'addHistory'>;
  readonly director: Pick<Director, 'describeHistory'>;
  readonly progress: Pick<Progress, 'tell'>;
  readonly log: Logger;
}

/**
 * Makes facts durable, in one commit with the history that they make. Trouble with that is told when it begins, when
 * it changes and when it is over, not at every try.
 */
export const createKeeper = (ports: KeeperPorts): Pick<LoopPorts, 'persist' | 'onPersistTrouble'> => {
  const { store, director, progress, log } = ports;
  let told: string | undefined;
  return {
    persist: (facts: readonly Fact[]) => {
      store.together(() => {
        store.addFacts(facts);
        store.addHistory(director.describeHistory(facts));
      });
      if (told === undefined) return;
      told = undefined;
      const text = 'facts can be stored again: the build goes on';
      log.info(text);
      progress.tell({ kind: 'warning', text });
    },
    onPersistTrouble: (error) => {
      const text = `facts cannot be stored, nothing starts or ends until they can: ${messageOf(error)}`;
      if (text === told) return;
      told = text;
      log.error(text);
      progress.tell({ kind: 'warning', text });
    },
  };
};
