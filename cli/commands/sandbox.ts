import { Command } from 'commander';
import type { ControlClient } from '../../agent/control/client.ts';
import type { SandboxInfo } from '../../agent/control/protocol.ts';
import { describeEntry } from '../../agent/enter.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { runForUser } from '../child.ts';
import { exitCodes } from '../failure.ts';
import { makeCommand, openConfig } from '../options.ts';
import { writeErrorLines, writeLines } from '../output.ts';
import { openAgent } from '../session.ts';
import { suggestName } from '../suggest.ts';
import { escapeLine } from '../ui/escape.ts';

/** `bulkmesh sandbox`: the slots of this host's agent, to look at and to work in. */
export function makeSandboxCommand(): Command {
  return new Command('sandbox')
    .summary('list, enter or renew the sandboxes of this host')
    .description('The sandboxes that the agent of this host builds in.')
    .enablePositionalOptions()
    .addCommand(makeListCommand())
    .addCommand(makeEnterCommand())
    .addCommand(makeDestroyCommand());
}

function makeListCommand(): Command {
  return makeCommand('list', 'list the sandboxes, their state and where they lie', 'bulkmesh sandbox list')
    .option('--json', 'the same as a JSON array')
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const client = await openAgent(await openConfig(command));
      const found = await client.sandboxes();
      writeLines(options.json === true ? [JSON.stringify(found, null, 2)] : renderSandboxes(found));
    });
}

function makeEnterCommand(): Command {
  return makeCommand(
    'enter',
    'start a shell, or another program, in a sandbox',
    'bulkmesh sandbox enter build-1\nbulkmesh sandbox enter build-1 -- ls -l /usr/pkg',
  )
    .description(
      'Runs a program as root inside a sandbox, beside the build that may run there. Its exit code is the ' +
        "program's. What it changes is gone with the sandbox's next cleaning.",
    )
    .argument('<slot>', 'name of the slot, as "sandbox list" shows it')
    .argument('[command...]', 'program and arguments (default: /bin/sh)')
    .passThroughOptions()
    .action(async (slot: string, words: string[], _options: unknown, command: Command) => {
      // Behind the slot's name everything is passed through, the dashes that end the options too.
      const argv = words[0] === '--' ? words.slice(1) : words;
      const config = await openConfig(command);
      const info = await findSandbox(await openAgent(config), slot);
      process.exitCode = await enterSandbox(info, argv, config.pkgsrc.prefix);
    });
}

function makeDestroyCommand(): Command {
  return makeCommand(
    'destroy',
    'clean a sandbox away; a new one takes its place',
    'bulkmesh sandbox destroy build-1',
  )
    .argument('<slot>', 'name of the slot; it must not be building')
    .action(async (slot: string, _options: unknown, command: Command) => {
      const client = await openAgent(await openConfig(command));
      await findSandbox(client, slot);
      await client.destroySandbox(slot);
      writeLines([`${escapeLine(slot)} is being cleaned away and made anew.`]);
    });
}

/** A table: slot, state, package, pid, directory. */
function renderSandboxes(found: readonly SandboxInfo[]): string[] {
  if (found.length === 0) return ['No sandboxes: the agent makes them when a build starts.'];
  const rows = [
    ['SLOT', 'STATE', 'PACKAGE', 'PID', 'DIRECTORY'],
    ...found.map((info) => [info.slot, info.state, info.pkg ?? '-', String(info.pid ?? '-'), info.dir]),
  ].map((row) => row.map(escapeLine));
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

async function findSandbox(client: ControlClient, slot: string): Promise<SandboxInfo> {
  const found = await client.sandboxes();
  const info = found.find((one) => one.slot === slot);
  if (info !== undefined) return info;
  const names = found.map((one) => one.slot);
  const near = suggestName(slot, names);
  throw new BulkmeshError('SANDBOX_UNKNOWN', `there is no sandbox "${slot}"`, {
    hint:
      names.length === 0
        ? 'sandboxes exist only while a build runs'
        : `${near === undefined ? '' : `did you mean ${near}? `}there are: ${names.join(', ')}`,
  });
}

async function enterSandbox(info: SandboxInfo, argv: readonly string[], prefix: string): Promise<number> {
  const [program, ...args] = describeEntry(info, argv.length > 0 ? argv : ['/bin/sh']);
  if (program === undefined) return exitCodes.trouble;
  if (argv.length === 0) writeErrorLines([`In ${info.slot}, as root; "exit" leaves it.`]);
  return runForUser([program, ...args], {
    env: {
      PATH: `/sbin:/bin:/usr/sbin:/usr/bin:${prefix}/sbin:${prefix}/bin`,
      HOME: '/',
      TERM: process.env.TERM ?? 'dumb',
      PS1: `${info.slot}# `,
    },
  });
}
