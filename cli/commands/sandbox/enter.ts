import type { Command } from 'commander';
import { describeEntry, findHeldUser, visitorShell } from '../../../agent/enter.ts';
import type { Room } from '../../../agent/sandboxes/room.ts';
import type { Config } from '../../../src/config/config.ts';
import { BulkmeshError } from '../../../src/errors.ts';
import { runForUser } from '../../child.ts';
import { exitCodes } from '../../failure.ts';
import { makeCommand, openConfig } from '../../options.ts';
import { writeErrorLines } from '../../output.ts';
import { enterKept } from './enterKept.ts';
import { openRooms, pickRoom } from './rooms.ts';

/** As whom to be inside. */
export interface EnterOptions {
  readonly root?: boolean;
  readonly user?: boolean;
}

/** `bulkmesh sandbox enter`. */
export function makeEnterCommand(): Command {
  return makeCommand(
    'enter',
    'start a shell, or another program, in a sandbox',
    'bulkmesh sandbox enter build-1\nbulkmesh sandbox enter dev-1 -- ls -l /usr/pkg\n' +
      'bulkmesh sandbox enter zlib-1.3.1\nbulkmesh sandbox enter --root zlib-1.3.1 -- ls /work',
  )
    .description(
      "Runs a program inside a sandbox; its exit code is the program's. In a slot of the agent it runs as root, beside " +
        'the build that may run there, and what it changes is gone with the next cleaning. The kept sandbox of a package ' +
        'that failed is mounted again: a shell as the build user, in the work directory, with the environment that make ' +
        'had. When you leave, its files stay until their time.',
    )
    .argument('<name>', 'a sandbox as "sandbox list" shows it, or the package that is built in it')
    .argument('[command...]', 'program and arguments (default: /bin/sh)')
    .option('--root', 'be root inside')
    .option('--user', 'be the user inside that packages are built as')
    .passThroughOptions()
    .action(async (name: string, words: string[], options: EnterOptions, command: Command) => {
      if (options.root === true && options.user === true) {
        throw new BulkmeshError('SANDBOX_TWO_USERS', '--root and --user exclude each other', {
          hint: 'give one of the two',
        });
      }
      // Behind the name everything is passed through, the dashes that end the options too.
      const argv = words[0] === '--' ? words.slice(1) : words;
      const config = await openConfig(command);
      const room = pickRoom(await openRooms(config), name);
      process.exitCode =
        room.kind === 'kept'
          ? await enterKept(config, room, argv, options)
          : await enterLive(config, room, argv, options);
    });
}

async function enterLive(
  { paths, pkgsrc: { prefix, buildUser } }: Config,
  room: Room,
  argv: readonly string[],
  options: EnterOptions,
): Promise<number> {
  const user = options.user === true ? findHeldUser(paths.state, room.slot) : undefined;
  if (options.user === true && user === undefined) {
    throw new BulkmeshError('SANDBOX_NO_USER', `${room.slot} does not say who the build user is in it`, {
      hint: `enter it as root, and become ${buildUser} there`,
    });
  }
  const [program, ...args] = describeEntry(room, {
    argv: argv.length > 0 ? argv : visitorShell,
    user,
    places: user === undefined ? [] : [user.home],
  });
  if (program === undefined) return exitCodes.trouble;
  const who = user?.name ?? 'root';
  if (argv.length === 0) writeErrorLines([`In ${room.slot}, as ${who}; "exit" leaves it.`]);
  return runForUser([program, ...args], {
    isForeign: true,
    env: {
      PATH: `/sbin:/bin:/usr/sbin:/usr/bin:${prefix}/sbin:${prefix}/bin`,
      HOME: user?.home ?? '/',
      TERM: process.env.TERM ?? 'dumb',
      PS1: `${room.slot}${user === undefined ? '#' : '$'} `,
    },
  });
}
