import type { Command } from 'commander';
import { describeEntry } from '../../../agent/enter.ts';
import type { Room } from '../../../agent/sandboxes/room.ts';
import { runForUser } from '../../child.ts';
import { exitCodes } from '../../failure.ts';
import { makeCommand, openConfig } from '../../options.ts';
import { writeErrorLines } from '../../output.ts';
import { openRooms, pickRoom } from './rooms.ts';

/** `bulkmesh sandbox enter`. */
export function makeEnterCommand(): Command {
  return makeCommand(
    'enter',
    'start a shell, or another program, in a sandbox',
    'bulkmesh sandbox enter build-1\nbulkmesh sandbox enter dev-1 -- ls -l /usr/pkg',
  )
    .description(
      'Runs a program as root inside a sandbox, beside the build that may run there. Its exit code is the ' +
        "program's. What it changes is gone with the sandbox's next cleaning.",
    )
    .argument('<name>', 'a sandbox as "sandbox list" shows it, or the package that is built in it')
    .argument('[command...]', 'program and arguments (default: /bin/sh)')
    .passThroughOptions()
    .action(async (name: string, words: string[], _options: unknown, command: Command) => {
      // Behind the name everything is passed through, the dashes that end the options too.
      const argv = words[0] === '--' ? words.slice(1) : words;
      const config = await openConfig(command);
      const room = pickRoom(await openRooms(config), name);
      process.exitCode = await enterLive(room, argv, config.pkgsrc.prefix);
    });
}

async function enterLive(room: Room, argv: readonly string[], prefix: string): Promise<number> {
  const [program, ...args] = describeEntry(room, argv.length > 0 ? argv : ['/bin/sh']);
  if (program === undefined) return exitCodes.trouble;
  if (argv.length === 0) writeErrorLines([`In ${room.slot}, as root; "exit" leaves it.`]);
  return runForUser([program, ...args], {
    env: {
      PATH: `/sbin:/bin:/usr/sbin:/usr/bin:${prefix}/sbin:${prefix}/bin`,
      HOME: '/',
      TERM: process.env.TERM ?? 'dumb',
      PS1: `${room.slot}# `,
    },
  });
}
