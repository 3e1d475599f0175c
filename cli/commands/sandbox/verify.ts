import { type Command, Option } from 'commander';
import type { VerifiedLine } from '../../../agent/sandboxes/verify/verify.ts';
import { exitCodes } from '../../failure.ts';
import { watchInterrupts } from '../../interrupts.ts';
import { makeCommand, openConfig } from '../../options.ts';
import { findLook, writeErrorLines, writeLines } from '../../output.ts';
import { escapeLine } from '../../ui/escape.ts';
import { type Look, paint } from '../../ui/text.ts';

const kinds = ['linux', 'mounts', 'script', 'none'] as const;

/** `bulkmesh sandbox verify`. */
export function makeVerifyCommand(): Command {
  return makeCommand(
    'verify',
    'make a sandbox, try what it promises, and take it away',
    'bulkmesh sandbox verify\nbulkmesh sandbox verify --driver mounts',
  )
    .description(
      'Makes one sandbox of the configured make-up and tries in it what sandboxes promise: what can be written, whether ' +
        'make runs, what is seen of network and processes, whether limits hold. Then destroys it and looks whether ' +
        'anything is left. Exit codes: 0 all holds; 1 something does not.',
    )
    .addOption(new Option('--driver <kind>', 'try this one in place of the configured').choices(kinds))
    .action(async (options: { readonly driver?: (typeof kinds)[number] }, command: Command) => {
      const interrupts = watchInterrupts();
      const abort = new AbortController();
      interrupts.listen(() => abort.abort());
      try {
        const config = await openConfig(command);
        const look = findLook(process.stdout, process.env);
        const { verifySandbox } = await import('../../../agent/sandboxes/verify/verify.ts');
        const states: VerifiedLine['state'][] = [];
        const kind = await verifySandbox({
          ...{ config, driver: options.driver, signal: abort.signal },
          onWarning: (text) => writeErrorLines([`warning: ${escapeLine(text)}`]),
          onLine: (line) => {
            states.push(line.state);
            writeLines(drawLine(line, look));
          },
        });
        const failures = states.filter((state) => state === 'failed').length;
        writeLines(['', conclude(kind, failures, states.includes('absent'))]);
        process.exitCode = failures > 0 ? exitCodes.unwell : exitCodes.ok;
      } catch (error) {
        if (!abort.signal.aborted || error !== abort.signal.reason) throw error;
        process.exitCode = exitCodes.interrupted;
      } finally {
        interrupts.close();
      }
    });
}

function drawLine({ name, state, detail, means }: VerifiedLine, look: Look): string[] {
  const [word, tone] = (
    { ok: ['ok', 'green'], failed: ['FAILED', 'red'], absent: ['absent', 'yellow'] } as const
  )[state];
  const head = `${paint(word.padEnd(6), tone, look)}  ${name.padEnd(18)}  ${escapeLine(detail)}`;
  return state === 'failed' ? [head, `${' '.repeat(28)}-> ${means}`] : [head];
}

function conclude(kind: string, failures: number, hasAbsent: boolean): string {
  if (failures > 0)
    return `Sandboxes of driver ${kind} do not keep ${failures} of their promises on this host.`;
  const but = hasAbsent ? ', but for what this driver or host does not have' : '';
  return `Sandboxes of driver ${kind} hold what they promise on this host${but}.`;
}
