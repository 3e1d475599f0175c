import { closeSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import { BulkmeshError, messageOf } from '../../../src/errors.ts';
import { exitCodes } from '../../failure.ts';
import { watchInterrupts } from '../../interrupts.ts';
import { makeCommand, openConfig } from '../../options.ts';
import { type HolderWord, parseHours } from './create.ts';

/** Where the command that started the holder listens. */
const wordFd = 3;

/** `bulkmesh sandbox hold`: what `create` starts in the background. */
export function makeHoldCommand(): Command {
  return makeCommand(
    'hold',
    'hold a sandbox until SIGTERM or its time',
    'bulkmesh sandbox hold dev-1 --hours 8 3>&1',
  )
    .description('Started by "bulkmesh sandbox create", to which it says on descriptor 3 how it went.')
    .argument('<name>', 'name of the sandbox')
    .requiredOption('--hours <n>', 'how long', parseHours)
    .action(async (name: string, { hours }: { readonly hours: number }, command: Command) => {
      const interrupts = watchInterrupts();
      const abort = new AbortController();
      interrupts.listen(() => abort.abort());
      try {
        const config = await openConfig(command);
        // It keeps no directory of a person busy.
        process.chdir('/');
        const { holdSandbox } = await import('../../../agent/sandboxes/hold.ts');
        await holdSandbox({
          ...{ config, name, hours, signal: abort.signal },
          onReady: (ready) => tell({ kind: 'ready', ready }),
        });
        process.exitCode = exitCodes.ok;
      } catch (error) {
        if (abort.signal.aborted && error === abort.signal.reason) process.exitCode = exitCodes.interrupted;
        else {
          tell(describe(error));
          throw error;
        }
      } finally {
        interrupts.close();
      }
    });
}

function describe(error: unknown): HolderWord {
  if (!(error instanceof BulkmeshError)) {
    return { kind: 'error', code: 'UNEXPECTED', message: messageOf(error), hint: '' };
  }
  const { code, message, hint } = error;
  return { kind: 'error', code, message, hint };
}

/** Once: then nobody listens. */
function tell(word: HolderWord): void {
  try {
    writeSync(wordFd, `${JSON.stringify(word)}\n`);
    closeSync(wordFd);
  } catch {
    // The command was killed in the meantime: the sandbox is there all the same, and is listed.
  }
}
