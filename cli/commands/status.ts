import type { Command } from 'commander';
import type { Snapshot, Status } from '../../agent/control/protocol.ts';
import { makeCommand, openConfig } from '../options.ts';
import { findLook, writeLines } from '../output.ts';
import { openAgent } from '../session.ts';
import { renderBoard } from '../ui/board.ts';
import { escapeLine } from '../ui/escape.ts';
import { formatNumberOf } from '../ui/format.ts';
import { describeMesh, renderHosts } from '../ui/hosts.ts';
import { describeCounts } from '../ui/plain.ts';
import { type Look, paint } from '../ui/text.ts';

/** `bulkmesh status`: what the agent of this host does at this moment. */
export function makeStatusCommand(): Command {
  return makeCommand(
    'status',
    'show what the agent of this host is doing',
    'bulkmesh status\nbulkmesh status --all\nbulkmesh status --json',
  )
    .description(
      'Shows the agent of this host, its slots and the build that goes on. Exit code 2 without an agent.',
    )
    .option('--all', 'all hosts of the mesh, too')
    .option('--json', 'the same as one JSON object')
    .action(async (options: { readonly all?: boolean; readonly json?: boolean }, command: Command) => {
      const client = await openAgent(await openConfig(command));
      const status = await client.status();
      const mesh = await client.hosts();
      const look = findLook(process.stdout, process.env);
      const width = process.stdout.columns || 100;
      writeLines(
        options.json === true
          ? [JSON.stringify(options.all === true ? { ...status, mesh } : status, null, 2)]
          : [
              ...renderStatus(status, describeMesh(mesh), width, look, Date.now()),
              ...(options.all === true ? ['', ...renderHosts(mesh, look, Date.now())] : []),
            ],
      );
    });
}

const isolationWords: Readonly<Record<Status['driver'], string>> = {
  linux: 'sandboxes by Linux namespaces',
  mounts: 'chroots over mounts of the host',
  script: 'chroots of your own scripts',
  none: 'no sandboxes',
};

/** The agent in a few lines, then the board as `build` shows it, with every slot. */
function renderStatus(
  status: Status,
  mesh: string | undefined,
  width: number,
  look: Look,
  nowMs: number,
): string[] {
  const version = escapeLine(status.version);
  const isolation = isolationWords[status.driver];
  return [
    `agent on ${escapeLine(status.hostName)}, pid ${status.pid}, bulkmesh ${version}, ${isolation}`,
    `config ${escapeLine(status.configFile)}`,
    ...(mesh === undefined ? [] : [mesh]),
    ...describeShare(status),
    ...status.warnings.map((text) => paint(`warning: ${escapeLine(text)}`, 'yellow', look)),
    '',
    ...renderBoard(status.snapshot, { ...look, width, rows: Number.MAX_SAFE_INTEGER }, nowMs),
    ...describeLastBuild(status.snapshot),
  ];
}

/** Why it uses less of the host than its configuration says. */
function describeShare({ share }: Status): string[] {
  if (share === undefined) return [];
  const others = share.configFiles.map((file) => escapeLine(file)).join(', ');
  const slots = `${share.slots} of ${formatNumberOf(share.slotsMax, 'slot')}`;
  const cores = `${share.cores} of ${formatNumberOf(share.coresMax, 'core')}`;
  return [`shares this host with ${others}: ${slots}, ${cores}`];
}

/** What an agent that is at no build knows of the last one since it was started. */
function describeLastBuild({ phase, build, counts }: Snapshot): string[] {
  if (phase !== 'idle' || build === undefined) return [];
  const end = counts === undefined ? 'ended before any package was begun' : describeCounts(counts);
  return [`last build ${escapeLine(build)}: ${end}`];
}
