import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { TreeOutcome } from '../../agent/tree/tree.ts';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { describeRevision, readTreeRevision } from '../../src/pkgsrc/revision.ts';
import { exitCodes } from '../failure.ts';
import { watchInterrupts } from '../interrupts.ts';
import { makeCommand, openConfig } from '../options.ts';
import { findLook, hasCursor, writeLines } from '../output.ts';
import { findRunningBuild } from '../running.ts';
import { escapeLine } from '../ui/escape.ts';
import { openStatusLine } from '../ui/statusLine.ts';

interface TreeFlags {
  readonly url?: string;
  readonly branch?: string;
  readonly depth: number;
  readonly revision?: boolean;
  readonly json?: boolean;
}

/** `bulkmesh tree`: gets pkgsrc, brings it up to date, or takes what is there. */
export function makeTreeCommand(): Command {
  return makeCommand(
    'tree',
    'get the pkgsrc tree, or bring it up to date',
    [
      'bulkmesh tree                            what [tree] of the configuration says',
      'bulkmesh tree --branch pkgsrc-2026Q3     another branch or tag of it',
      'bulkmesh tree --revision                 only say what is there',
    ].join('\n'),
  )
    .description(
      'Clones pkgsrc with git into paths.pkgsrc where nothing is, and updates a clone that is there. Any other tree ' +
        '(CVS, an unpacked archive, a repository without an origin) is taken as it is. Changed files and commits of ' +
        'your own are never thrown away: then nothing is done, and the command says why.',
    )
    .option('--url <url>', 'where to clone from (default: tree.url)')
    .option('--branch <name>', 'branch or tag (default: tree.branch)')
    .option(
      '--depth <n>',
      'commits of history to fetch; 0: all. A clone with all of it keeps it',
      parseDepth,
      1,
    )
    .option('--revision', 'say which version is there, and change nothing')
    .option('--json', 'the same as a JSON object')
    .action(async (flags: TreeFlags, command: Command) => {
      const config = await openConfig(command, ['paths.pkgsrc', 'pkgsrc.bootstrap_kit']);
      process.exitCode =
        flags.revision === true ? await tellRevision(config, flags) : await getTree(config, flags);
    });
}

async function tellRevision({ paths }: Config, flags: TreeFlags): Promise<number> {
  const revision = await readTreeRevision(paths.pkgsrc);
  if (flags.json === true) writeLines([JSON.stringify({ dir: paths.pkgsrc, revision })]);
  else writeLines([escapeLine(`${paths.pkgsrc}: ${describeRevision(revision)}`)]);
  return exitCodes.ok;
}

async function getTree(config: Config, flags: TreeFlags): Promise<number> {
  await refuseWhileBuilding(config);
  const { obtainTree } = await import('../../agent/tree/tree.ts');
  const interrupts = watchInterrupts();
  const stop = new AbortController();
  interrupts.listen(() => stop.abort());
  const line = openStatusLine(
    process.stderr,
    hasCursor(process.stderr, process.env) ? findLook(process.stderr, process.env) : undefined,
  );
  // The build user has to read all of it, whoever clones.
  process.umask(0o022);
  try {
    const outcome = await obtainTree({
      dir: config.paths.pkgsrc,
      url: flags.url ?? config.tree.url,
      branch: flags.branch ?? config.tree.branch,
      depth: flags.depth,
      signal: stop.signal,
      onProgress: (text) => line.show(escapeLine(text)),
    });
    line.clear();
    const { dir } = { dir: config.paths.pkgsrc };
    writeLines(
      flags.json === true ? [JSON.stringify({ dir, ...outcome })] : [escapeLine(describe(dir, outcome))],
    );
    return exitCodes.ok;
  } catch (error) {
    line.clear();
    if (stop.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    interrupts.close();
  }
}

function describe(dir: string, outcome: TreeOutcome): string {
  const now = describeRevision(outcome.revision);
  switch (outcome.kind) {
    case 'cloned':
      return `cloned into ${dir}: ${now}`;
    case 'updated':
      return `updated ${dir}: ${now}, was ${describeRevision(outcome.before)}`;
    case 'current':
      return `${dir} is up to date: ${now}`;
    case 'adopted':
      return `${dir} is taken as it is (${now}): bringing it up to date is yours to do`;
  }
}

/** Sandboxes lie over the tree: what changes below them is seen by some packages and not by others. */
async function refuseWhileBuilding(config: Config): Promise<void> {
  const running = await findRunningBuild(config);
  if (running === undefined) return;
  throw new BulkmeshError('TREE_IN_USE', `build ${running.build} uses ${config.paths.pkgsrc}`, {
    hint: 'wait until it has ended, or stop it: what it has built stays',
  });
}

function parseDepth(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0.');
}
