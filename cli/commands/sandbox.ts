import { Command } from 'commander';
import { makeCreateCommand } from './sandbox/create.ts';
import { makeDestroyCommand } from './sandbox/destroy.ts';
import { makeEnterCommand } from './sandbox/enter.ts';
import { makeHoldCommand } from './sandbox/hold.ts';
import { makeListCommand } from './sandbox/list.ts';
import { makeVerifyCommand } from './sandbox/verify.ts';

/** `bulkmesh sandbox`: the sandboxes of this host, to look at and to work in. */
export function makeSandboxCommand(): Command {
  return new Command('sandbox')
    .summary('list, enter, make or destroy the sandboxes of this host')
    .description(
      'The sandboxes that the agent of this host builds in, those that people make for themselves, and those kept of ' +
        'packages that failed.',
    )
    .enablePositionalOptions()
    .addCommand(makeListCommand())
    .addCommand(makeEnterCommand())
    .addCommand(makeCreateCommand())
    .addCommand(makeDestroyCommand())
    .addCommand(makeVerifyCommand())
    .addCommand(makeHoldCommand(), { hidden: true });
}
