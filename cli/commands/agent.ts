import type { Command } from 'commander';
import type { ControlClient } from '../../agent/control/client.ts';
import { agentPaths } from '../../agent/paths.ts';
import type { Config } from '../../src/config/config.ts';
import { exitCodes } from '../failure.ts';
import { type Interrupts, watchInterrupts } from '../interrupts.ts';
import { type JoinFlags, openJoinConfig, settleMeshKey } from '../join.ts';
import { makeCommand, parseSlots } from '../options.ts';
import { writeLines } from '../output.ts';
import { openAgent } from '../session.ts';
import { describeFinish } from '../ui/plain.ts';
import { openPlainLines, type Progress } from '../ui/progress.ts';

interface AgentFlags extends JoinFlags {
  readonly json?: boolean;
}

/** `bulkmesh agent`: this host's agent, in the foreground, until it is told to stop. */
export function makeAgentCommand(): Command {
  return makeCommand(
    'agent',
    'run the agent of this host, alone or together with other hosts',
    'bulkmesh agent --config /content/bulkmesh.toml\nbulkmesh agent 2>>/var/log/bulkmesh.log &\n' +
      'bulkmesh agent --join build1 --key /root/mesh.key',
  )
    .description(
      'Runs in the foreground and waits for builds ("bulkmesh build" from another terminal). Tells what it does ' +
        'on standard error: lines for people on a terminal, else one JSON object a line. The first Ctrl-C or ' +
        'SIGTERM lets what runs finish, the second one stops at once; sandboxes are cleaned away either way.\n\n' +
        'With --join it builds together with other hosts, and needs nothing but the mesh key of one of them: a file, ' +
        '$BULKMESH_MESH_KEY_FILE, $BULKMESH_MESH_KEY, or typed at the terminal. Without a configuration it makes one ' +
        'for itself in /var/lib/bulkmesh (~/.local/state/bulkmesh without root).',
    )
    .option('--join <host[:port]>', 'a host to build together with; may be given more than once', collect)
    .option('--listen <ip:port>', 'where other hosts reach this one; may be given more than once', collect)
    .option('--name <name>', 'what people call this host (default: the host name)')
    .option('--key <file>', 'the file with the mesh key')
    .option(
      '--state <dir>',
      'keep all of this host there, and use bulkmesh.toml of that place; made with --join',
    )
    .option('--slots <n>', 'sandboxes that build at the same time', parseSlots)
    .option('--json', 'JSON on a terminal too')
    .action(async (flags: AgentFlags, command: Command) => {
      const { config, created } = await openJoinConfig(command, flags);
      const stored = await settleMeshKey(config);
      writeLines([...created, ...stored].map((path) => `made  ${path}`));
      const interrupts = watchInterrupts();
      try {
        await runAgent(config, flags.json !== true && process.stderr.isTTY === true, interrupts);
        process.exitCode = exitCodes.ok;
      } finally {
        interrupts.close();
      }
    });
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

async function runAgent(config: Config, isForPeople: boolean, interrupts: Interrupts): Promise<void> {
  // Only now: what an agent is made of takes a moment to load.
  const { startAgent } = await import('../../agent/main.ts');
  const agent = await startAgent(config, {
    log: isForPeople ? 'silent' : 'json',
    isMember: true,
  });
  const progress = isForPeople ? openPlainLines(process.stderr) : undefined;
  try {
    progress?.notice(`The agent is ready at ${agentPaths(config).socket}; Ctrl-C ends it.`);
    interrupts.listen((count) => {
      if (count === 1) progress?.notice('Finishing what runs; Ctrl-C again stops at once.');
      if (count === 2) progress?.notice('Stopping now.');
      if (count <= 2) agent.shutdown(count === 1 ? 'drain' : 'now');
    });
    if (progress !== undefined) await followAgent(await openAgent(config), progress);
    await agent.stopped;
  } finally {
    progress?.close();
  }
}

/** Shows what the agent does, until it closes its socket. */
async function followAgent(client: ControlClient, progress: Progress): Promise<void> {
  for (const text of (await client.status()).warnings) progress.show({ kind: 'warning', text });
  for await (const event of client.events(new AbortController().signal)) {
    progress.show(event);
    if (event.kind === 'finished') progress.notice(describeFinish(event.summary));
  }
}
