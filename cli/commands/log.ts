import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { agentPaths } from '../../agent/paths.ts';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { runForUser } from '../child.ts';
import { openMeshLog } from '../follow.ts';
import { type FoundLog, findLog } from '../logs.ts';
import { makeCommand, openConfig } from '../options.ts';
import { writeErrorLines, writeLines } from '../output.ts';
import { readReport } from '../report.ts';
import { findRunningBuild } from '../running.ts';
import { openAgent } from '../session.ts';
import { escapeLine, escapeStream } from '../ui/escape.ts';

interface LogOptions {
  readonly stage?: string;
  readonly path?: boolean;
  readonly follow?: boolean;
  readonly host?: string;
}

/** `bulkmesh log PKG`: why a package failed. */
export function makeLogCommand(): Command {
  return makeCommand(
    'log',
    'show the log of a package that failed, or that is being built',
    [
      'bulkmesh log gawk-5.3.1            the stage that failed',
      'bulkmesh log lang/gawk --stage configure',
      'less $(bulkmesh log gawk --path)',
      'bulkmesh log -f gawk                while it is built, on whichever host',
    ].join('\n'),
  )
    .description(
      'Shows a log, in $PAGER on a terminal. Control characters that the build printed are taken out. Logs of ' +
        'packages that were built are not kept. While a build is going on its own logs come first. Works without an ' +
        'agent, but for logs of other hosts.',
    )
    .argument('<pkg>', 'PKGNAME, category/directory, or the name without version')
    .option('--stage <stage>', 'this stage (default: the one that failed, else the last one)')
    .option('--path', 'only where the file lies')
    .option('-f, --follow', 'of a package that is being built: what there is, and what comes until it ends')
    .option('--host <host>', 'as this host has it')
    .action(async (name: string, options: LogOptions, command: Command) => {
      const config = await openConfig(command);
      if (options.follow === true || options.host !== undefined) return showMeshLog(config, name, options);
      const places = {
        logDir: agentPaths(config).logs,
        report: await readReport(config),
        running: await findRunningBuild(config),
      };
      const found = await findLog(places, name, options.stage);
      // Beside the log, not in it: somebody may look for a line, or take the path.
      if (found.age !== undefined) writeErrorLines([`bulkmesh: ${escapeLine(found.age)}`]);
      if (options.path !== true) return showLog(found);
      if (found.kind === 'file') return writeLines([found.path]);
      throw new BulkmeshError(
        'LOG_NOT_A_FILE',
        `the log of the scan of ${found.pkgpath} is not a file of its own`,
        {
          hint: `bulkmesh log ${found.pkgpath} prints it from the report`,
        },
      );
    });
}

async function showMeshLog(config: Config, name: string, options: LogOptions): Promise<void> {
  if (options.path === true) {
    throw new BulkmeshError('LOG_NOT_A_FILE', '--path names files of this host alone', {
      hint: 'leave --follow and --host out',
    });
  }
  const left = new AbortController();
  process.stdout.once('error', () => left.abort());
  const { stage, host, follow: follows = false } = options;
  const wanted = { name, stage, host, follows, logDir: agentPaths(config).logs };
  const pieces = await openMeshLog(await openAgent(config), wanted, left.signal);
  const decoded = Readable.from(pieces, { objectMode: false }).setEncoding('utf8');
  await writeOut(Readable.from(escapeStream(decoded)));
}

async function showLog(found: FoundLog): Promise<void> {
  const source =
    found.kind === 'file'
      ? createReadStream(found.path, { encoding: 'utf8' })
      : Readable.from([`${found.reason}\n`, found.text.endsWith('\n') ? found.text : `${found.text}\n`]);
  const text = Readable.from(escapeStream(source));
  if (process.stdout.isTTY && (await showInPager(text))) return;
  await writeOut(text);
}

/** A reader that goes away has read enough. */
async function writeOut(text: Readable): Promise<void> {
  await pipeline(text, process.stdout, { end: false }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

/** False where there is no pager to be had: nothing of the text has been read then. */
async function showInPager(text: Readable): Promise<boolean> {
  const [program = '', ...args] = (process.env.PAGER ?? 'less').split(/\s+/);
  if (program === '' || program === 'cat') return false;
  try {
    await runForUser([program, ...args], { input: text, env: { LESS: 'FX', ...process.env } });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
