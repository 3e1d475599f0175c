import type { Logger } from 'pino';
import { type Entry, isFact } from '../src/core/facts/fact.ts';
import type { Token } from '../src/core/ids.ts';
import { BulkmeshError, messageOf } from '../src/errors.ts';
import type { Store } from '../src/store/open.ts';
import type { Director } from './build/director.ts';
import type { LoopPorts, Start } from './loop.ts';
import type { Progress } from './progress.ts';
import type { RunRecord } from './slots.ts';

export interface KeeperPorts {
  readonly store: Pick<Store, 'together' | 'addEntries' | 'addHistory' | 'beginRun'>;
  readonly director: Pick<Director, 'describeHistory'>;
  readonly progress: Pick<Progress, 'tell'>;
  readonly log: Logger;
  /** Called when entries can never be stored by this agent: no waiting and no room will help. */
  readonly onHopeless: () => void;
}

export interface Keeper extends Pick<LoopPorts, 'persist' | 'onPersistTrouble'> {
  /** Durable when it returns, at once for a run that has been written down together with entries. */
  beginRun(run: RunRecord): void;
}

/** Trouble with the disk that passes when somebody makes room, or when another reader is done. */
const passing: ReadonlySet<string> = new Set(['STORE_DISK_FULL', 'STORE_BUSY']);

/**
 * Makes own entries durable, in one commit with the history that facts among them make and with the runs that begin then. Trouble
 * with that is told when it begins, when it changes and when it is over, not at every try.
 */
export const createKeeper = (ports: KeeperPorts): Keeper => {
  const { store, director, progress, log } = ports;
  let told: string | undefined;
  /** Runs that are written down and have not begun. */
  const begun = new Set<Token>();
  return {
    beginRun: (run) => {
      if (!begun.delete(run.token)) store.beginRun(run);
    },
    persist: (entries: readonly Entry[], starts: readonly Start[]) => {
      store.together(() => {
        store.addEntries(entries);
        store.addHistory(director.describeHistory(entries.filter(isFact)));
        for (const start of starts) store.beginRun(describeRun(start));
      });
      for (const { token } of starts) begun.add(token);
      if (told === undefined) return;
      told = undefined;
      const text = 'facts can be stored again: the build goes on';
      log.info(text);
      progress.tell({ kind: 'warning', text });
    },
    onPersistTrouble: (error) => {
      if (!(error instanceof BulkmeshError && passing.has(error.code))) {
        const text = `facts can no longer be stored, the agent ends: ${messageOf(error)}`;
        log.fatal(text);
        progress.tell({ kind: 'warning', text });
        ports.onHopeless();
        return;
      }
      const text = `facts cannot be stored, nothing starts or ends until they can: ${messageOf(error)}`;
      if (text === told) return;
      told = text;
      log.error(text);
      progress.tell({ kind: 'warning', text });
    },
  };
};

const describeRun = ({ token, planId, task, slot }: Start): RunRecord => ({
  ...{ token, planId, task, slot },
  startedAtMs: Date.now(),
});
