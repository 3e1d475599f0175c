import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { messageOf } from '../src/errors.ts';

/** Whether people took this host out of the work: it holds until they take it back, also when its agent is started anew. */
export interface DrainMark {
  isSet(): boolean;
  set(isDrained: boolean): void;
}

export const openDrainMark = (stateDir: string, log: Logger): DrainMark => {
  const file = join(stateDir, 'drained');
  return {
    isSet: () => existsSync(file),
    set: (isDrained) => {
      try {
        if (isDrained) writeFileSync(file, '', { mode: 0o600 });
        else rmSync(file, { force: true });
      } catch (error) {
        log.warn({ file, error: messageOf(error) }, 'whether this host takes work is not kept');
      }
    },
  };
};
