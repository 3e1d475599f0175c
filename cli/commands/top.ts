import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ControlClient } from '../../agent/control/client.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { type Interrupts, watchInterrupts } from '../interrupts.ts';
import { makeCommand, openConfig } from '../options.ts';
import { findLook, hasCursor, writeLines } from '../output.ts';
import { openAgent } from '../session.ts';
import { showTop, topEveryMs } from '../top.ts';

/** `bulkmesh top`: the whole mesh on the whole terminal. */
export function makeTopCommand(): Command {
  return makeCommand(
    'top',
    'watch the whole mesh on the terminal, from any host',
    'bulkmesh top\nbulkmesh top --json | jq .coordinator',
  )
    .description(
      'Shows builds with their counts, rate and predicted end, every host with its slots, and what runs, the longest ' +
        'first; asks the hosts each second. Keys: q ends it, arrows, PgUp, PgDn, Home and End scroll. Nothing is changed ' +
        'by it. Needs a running agent, and a terminal unless --json is given.',
    )
    .option('--json', 'in place of a screen the whole as one JSON object a line, each second, until Ctrl-C')
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const { stdin: input, stdout: output } = process;
      if (options.json !== true && !(input.isTTY === true && hasCursor(output, process.env))) {
        throw new BulkmeshError('NO_TERMINAL', 'top needs a terminal, and there is none', {
          hint: '"bulkmesh hosts" prints once, "bulkmesh top --json" prints again and again',
        });
      }
      const client = await openAgent(await openConfig(command));
      const interrupts = watchInterrupts();
      try {
        if (options.json === true) return await printTop(client, interrupts);
        const look = findLook(output, process.env);
        await showTop(() => client.hosts(), { input, output, look }, interrupts);
      } finally {
        interrupts.close();
      }
    });
}

async function printTop(client: ControlClient, interrupts: Interrupts): Promise<void> {
  const ended = new AbortController();
  interrupts.listen(() => ended.abort());
  process.stdout.once('error', () => ended.abort());
  while (!ended.signal.aborted) {
    writeLines([JSON.stringify(await client.hosts())]);
    await setTimeout(topEveryMs, undefined, { signal: ended.signal }).catch(() => undefined);
  }
}
