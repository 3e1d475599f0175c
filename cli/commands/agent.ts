import type { Command } from 'commander';
import { agentPaths } from '../../agent/paths.ts';
import { exitCodes } from '../failure.ts';
import { watchInterrupts } from '../interrupts.ts';
import { makeCommand, openConfig } from '../options.ts';
import { writeErrorLines } from '../output.ts';

/** `bulkmesh agent`: this host's agent, in the foreground, until it is told to stop. */
export function makeAgentCommand(): Command {
  return makeCommand(
    'agent',
    'run the agent of this host',
    'bulkmesh agent --config /content/bulkmesh.toml\nbulkmesh agent 2>>/var/log/bulkmesh.log &',
  )
    .description(
      'Runs in the foreground and waits for builds ("bulkmesh build" from another terminal). Its log goes to\n' +
        'standard error, one JSON object a line. The first Ctrl-C or SIGTERM lets what runs finish, the second one\n' +
        'stops at once; sandboxes are cleaned away either way.',
    )
    .action(async (_options: unknown, command: Command) => {
      const config = await openConfig(command);
      const interrupts = watchInterrupts();
      try {
        const { startAgent } = await import('../../agent/main.ts');
        const agent = await startAgent(config, { log: 'json' });
        writeErrorLines([`bulkmesh: the agent is ready at ${agentPaths(config).socket}; Ctrl-C ends it.`]);
        interrupts.listen((count) => {
          if (count === 1) writeErrorLines(['bulkmesh: finishing what runs; Ctrl-C again stops at once.']);
          if (count === 2) writeErrorLines(['bulkmesh: stopping now.']);
          if (count <= 2) agent.shutdown(count === 1 ? 'drain' : 'now');
        });
        await agent.stopped;
        process.exitCode = exitCodes.ok;
      } finally {
        interrupts.close();
      }
    });
}
