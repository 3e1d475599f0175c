import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { KitMade } from '../../agent/bootstrap/bootstrap.ts';
import type { Config } from '../../src/config/config.ts';
import { type KeyValue, setKey } from '../../src/config/edit.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { offerBuildUser } from '../buildUser.ts';
import { exitCodes } from '../failure.ts';
import { watchInterrupts } from '../interrupts.ts';
import { makeCommand, openConfig, readConfigWords } from '../options.ts';
import { findLook, hasCursor, writeErrorLines, writeLines } from '../output.ts';
import { escapeLine } from '../ui/escape.ts';
import { formatBytes, formatDuration } from '../ui/format.ts';
import { openStatusLine } from '../ui/statusLine.ts';

interface BootstrapFlags {
  readonly kit?: string;
  readonly force?: boolean;
  readonly mkFragment?: string;
  readonly abi?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly yes?: boolean;
}

/** `bulkmesh bootstrap`: makes the kit that every sandbox starts from. */
export function makeBootstrapCommand(): Command {
  return makeCommand(
    'bootstrap',
    'make the bootstrap kit: the tools that every sandbox starts from',
    [
      'bulkmesh bootstrap',
      'bulkmesh bootstrap --abi 64 -- --prefer-pkgsrc openssl',
      'bulkmesh bootstrap --env CFLAGS="-O2 -fcommon -std=gnu89"     an old tree, a new compiler',
    ].join('\n'),
  )
    .description(
      "Runs the tree's own bootstrap script in a sandbox without network, with --gzip-binary-kit and --mk-fragment: " +
        "this host's prefix is neither seen nor touched. Sets pkgsrc.bootstrap_kit in the configuration where it has " +
        'none. Ctrl-C leaves nothing but the log. Words behind -- go to the script.',
    )
    .argument('[words...]', 'further words for the bootstrap script')
    .option(
      '--kit <file>',
      'the kit to make (default: pkgsrc.bootstrap_kit, or bootstrap.tar.gz below packages)',
    )
    .option('--force', 'make it in place of one that is there')
    .option('--mk-fragment <file>', 'lines for mk.conf (default: mk/mk-pkg.conf beside the configuration)')
    .option('--abi <bits>', '32 or 64, where the system has both')
    .option(
      '--env <name=value>',
      'a variable for the script, such as CFLAGS or SH; may be given again',
      addEnv,
      {},
    )
    .option('--yes', 'make the account that builds, if it is missing, without asking')
    .action(async (words: string[], flags: BootstrapFlags, command: Command) => {
      const config = await openConfig(command, ['pkgsrc.bootstrap_kit', 'paths.pkgsrc']);
      const isOwnForm = readConfigWords(command)[0] !== '--pbulk-conf';
      process.exitCode = await bootstrap(config, flags, words, isOwnForm);
    });
}

async function bootstrap(
  config: Config,
  flags: BootstrapFlags,
  words: readonly string[],
  isOwnForm: boolean,
): Promise<number> {
  const { makeKit } = await import('../../agent/bootstrap/bootstrap.ts');
  const user = await offerBuildUser(config.pkgsrc.buildUser, flags.yes === true);
  if (user.kind === 'made') writeLines([`made the account: ${user.command}`]);
  const kit = resolve(flags.kit ?? config.pkgsrc.bootstrapKit ?? usualKit(config));
  const interrupts = watchInterrupts();
  const stop = new AbortController();
  interrupts.listen(() => stop.abort());
  const startedAtMs = Date.now();
  const progress = openSteps();
  try {
    const made = await makeKit({
      config,
      kit,
      force: flags.force === true,
      mkFragment: findFragment(config, flags),
      abi: flags.abi,
      env: flags.env,
      words,
      signal: stop.signal,
      onStep: progress.show,
      onWarning: (text) => writeErrorLines([`warning: ${escapeLine(text)}`]),
    });
    progress.end();
    const took = formatDuration(Date.now() - startedAtMs);
    writeLines([`made  ${kit} (${formatBytes(made.sizeBytes)}, ${took})`]);
    writeLines(isOwnForm ? await writeConfig(config, kit, made) : describePbulkConf(config, kit, made));
    writeLines(user.kind === 'missing' ? ['', ...describeMissingUser(config, user.command)] : []);
    return exitCodes.ok;
  } catch (error) {
    progress.end();
    if (!stop.signal.aborted) throw error;
    writeErrorLines(['bulkmesh: stopped; no kit was made']);
    return exitCodes.interrupted;
  } finally {
    interrupts.close();
  }
}

const usualKit = (config: Config): string => join(config.paths.packages, 'bootstrap', 'bootstrap.tar.gz');

/** The fragment that `init` wrote; none where there is none. */
function findFragment(config: Config, flags: BootstrapFlags): string | undefined {
  if (flags.mkFragment !== undefined) {
    const file = resolve(flags.mkFragment);
    if (existsSync(file)) return file;
    throw new BulkmeshError('FRAGMENT_MISSING', `--mk-fragment: there is no ${file}`, {
      hint: 'give a file that is there, or leave it out for mk/mk-pkg.conf beside the configuration',
    });
  }
  const usual = join(dirname(config.file), 'mk', 'mk-pkg.conf');
  return existsSync(usual) ? usual : undefined;
}

/** A line that is written over on a terminal, a line for each step elsewhere. */
function openSteps(): { show(text: string): void; end(): void } {
  const isTerminal = hasCursor(process.stderr, process.env);
  const line = openStatusLine(process.stderr, isTerminal ? findLook(process.stderr, process.env) : undefined);
  const startedAtMs = Date.now();
  let step = 'making a sandbox';
  const draw = () => line.show(`${formatDuration(Date.now() - startedAtMs)}  ${step}`);
  const timer = setInterval(draw, 1000);
  return {
    show: (text) => {
      step = escapeLine(text);
      if (isTerminal) draw();
      else writeErrorLines([step]);
    },
    end: () => {
      clearInterval(timer);
      line.clear();
    },
  };
}

/** A pbulk.conf is a script of the user's: it is not edited here. */
function describePbulkConf(config: Config, kit: string, made: KitMade): string[] {
  const lines = [
    ...(config.pkgsrc.bootstrapKit === kit ? [] : [`bootstrapkit=${kit}`]),
    ...(config.pkgsrc.pkgDbdir === made.pkgDbdir ? [] : [`pkgdb=${made.pkgDbdir}`]),
  ];
  return lines.map((line) => escapeLine(`set this in the pbulk.conf: ${line}`));
}

/** Sets what the configuration lacks, and says what is left to do. */
async function writeConfig(config: Config, kit: string, made: KitMade): Promise<string[]> {
  const inside = relative(dirname(config.file), kit);
  const value = inside.startsWith('..') || isAbsolute(inside) ? kit : inside;
  const wanted: KeyValue[] = [];
  if (config.pkgsrc.bootstrapKit !== kit) wanted.push({ section: 'pkgsrc', key: 'bootstrap_kit', value });
  if (made.pkgDbdir !== config.pkgsrc.pkgDbdir) {
    wanted.push({ section: 'pkgsrc', key: 'pkg_dbdir', value: made.pkgDbdir });
  }
  const lines: string[] = [];
  for (const key of wanted) {
    const done = await setKey(config.file, key);
    const words = `${key.key} = ${JSON.stringify(key.value)}`;
    if (done.kind === 'set') lines.push(`set   ${words} in ${config.file}`);
    else if (done.kind === 'left')
      lines.push(`set this in [${key.section}] of ${config.file} (${done.why}): ${words}`);
  }
  return lines.map(escapeLine);
}

function describeMissingUser({ pkgsrc }: Config, command: string): string[] {
  const how = command === '' ? 'make it by the means of this system' : command;
  return [`Builds need the account "${pkgsrc.buildUser}", which this host does not have: ${how}`];
}

function addEnv(word: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^([A-Za-z_]\w*)=([^\0]*)$/s.exec(word) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be NAME=VALUE.');
  return { ...before, [name]: value };
}
