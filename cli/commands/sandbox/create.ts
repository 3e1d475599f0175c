import { type Command, InvalidArgumentError } from 'commander';
import { chooseHeldName } from '../../../agent/sandboxes/held.ts';
import type { HeldReady } from '../../../agent/sandboxes/hold.ts';
import { BulkmeshError } from '../../../src/errors.ts';
import { startDetached } from '../../child.ts';
import { exitCodes } from '../../failure.ts';
import { watchInterrupts } from '../../interrupts.ts';
import { makeCommand, openConfig, readConfigWords } from '../../options.ts';
import { writeErrorLines, writeLines } from '../../output.ts';
import { describeCommand } from '../../ui/again.ts';
import { escapeLine } from '../../ui/escape.ts';
import { formatNumberOf } from '../../ui/format.ts';
import { nameConfig } from './rooms.ts';

const hoursMax = 24 * 30;

/** What the process that holds a sandbox says to the command that started it. */
export type HolderWord =
  | { readonly kind: 'ready'; readonly ready: HeldReady }
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly hint: string };

/** `bulkmesh sandbox create`. */
export function makeCreateCommand(): Command {
  return makeCommand(
    'create',
    'make a sandbox for yourself, as builds have them',
    'bulkmesh sandbox create\nbulkmesh sandbox create zlib --hours 48\nbulkmesh sandbox enter zlib',
  )
    .description(
      'Makes a sandbox of the configured make-up (bootstrap kit, shared directories, empty prefix), beside whatever the ' +
        'agent does and without one. A process in the background holds it, and destroys it when its time is over or ' +
        '"bulkmesh sandbox destroy" says so.',
    )
    .argument('[name]', 'letters, digits, "-" and "_" (default: the first of dev-1, dev-2 ... that is free)')
    .option('--hours <n>', 'how long it is held', parseHours, 8)
    .action(async (name: string | undefined, options: { readonly hours: number }, command: Command) => {
      const config = await openConfig(command);
      const slot = chooseHeldName(config, name);
      const words = [...nameConfig(command, config), 'sandbox', 'hold', slot, '--hours', `${options.hours}`];
      const ready = await startHolder(words);
      if (ready === undefined) process.exitCode = exitCodes.interrupted;
      else tellReady(ready, readConfigWords(command));
    });
}

/** A whole number of hours, at most a month. */
export function parseHours(text: string): number {
  const hours = Number(text);
  if (/^\d+$/.test(text) && hours >= 1 && hours <= hoursMax) return hours;
  throw new InvalidArgumentError(`It must be a whole number of hours from 1 to ${hoursMax}.`);
}

/** Undefined after a Ctrl-C: the holder was told to end. */
async function startHolder(words: readonly string[]): Promise<HeldReady | undefined> {
  const interrupts = watchInterrupts();
  const abort = new AbortController();
  interrupts.listen(() => abort.abort());
  try {
    const [, script = ''] = process.argv;
    const line = await startDetached([process.execPath, script, ...words], abort.signal);
    if (abort.signal.aborted) return undefined;
    const word = line === undefined ? undefined : (JSON.parse(line) as HolderWord);
    if (word?.kind === 'ready') return word.ready;
    if (word?.kind === 'error') throw new BulkmeshError(word.code, word.message, { hint: word.hint });
    throw new BulkmeshError(
      'SANDBOX_HOLDER_LOST',
      'the process that was to hold the sandbox died without a word',
      {
        hint: 'somebody killed it, or the host is out of memory; what it left goes with the next sweep',
      },
    );
  } finally {
    interrupts.close();
  }
}

function tellReady(ready: HeldReady, config: readonly string[]): void {
  const { slot, dir, untilMs, installed, user, warnings } = ready;
  const say = (...words: readonly string[]) => describeCommand(config, ['sandbox', ...words]);
  const kit =
    installed.length === 0
      ? 'nothing'
      : `${formatNumberOf(installed.length, 'package')} of the bootstrap kit`;
  writeErrorLines(warnings.map((text) => `warning: ${escapeLine(text)}`));
  writeLines([
    `The sandbox ${slot} is ready.`,
    `  enter      ${say('enter', slot)}    (as root; --user for the build user, ${escapeLine(user)})`,
    `  installed  ${kit}${installed.length === 0 ? '' : `: ${escapeLine(installed.join(' '))}`}`,
    `  lies in    ${escapeLine(dir)}`,
    `  goes       ${new Date(untilMs).toLocaleString('sv')}, or with  ${say('destroy', slot)}`,
  ]);
}
