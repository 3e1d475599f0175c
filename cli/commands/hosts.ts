import type { Command } from 'commander';
import { makeCommand, openConfig } from '../options.ts';
import { findLook, writeLines } from '../output.ts';
import { openAgent } from '../session.ts';
import { describeMesh, renderHosts } from '../ui/hosts.ts';

/** `bulkmesh hosts`: every host of the mesh, and how it is. */
export function makeHostsCommand(): Command {
  return makeCommand(
    'hosts',
    'list the hosts of the mesh, what they run and why they are idle',
    'bulkmesh hosts\nbulkmesh hosts --json',
  )
    .description(
      'Asks each host that there is a connection to, for a second at most, and lists those as well that are called in ' +
        'vain or are gone. "*" marks the coordinator. Below the table stands in what hosts differ that should be the ' +
        'same, and what to do about it. Needs a running agent.',
    )
    .option('--json', 'all that is known of them, as one JSON object')
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const client = await openAgent(await openConfig(command));
      const mesh = await client.hosts();
      if (options.json === true) return writeLines([JSON.stringify(mesh, null, 2)]);
      const look = findLook(process.stdout, process.env);
      writeLines([
        describeMesh(mesh) ?? 'this host is in no mesh: it has no mesh key, or no other host has been named',
        ...renderHosts(mesh, look, Date.now()),
      ]);
    });
}
