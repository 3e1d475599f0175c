import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type InitReport, initLayout } from '../../src/config/init.ts';
import { makeCommand } from '../options.ts';
import { writeLines } from '../output.ts';

interface InitFlags {
  readonly pkgsrc?: string;
  readonly kit?: string;
  readonly prefix?: string;
  readonly user?: string;
  readonly slots?: number;
}

/** `bulkmesh init DIR`: the directories and the configuration of a host that builds. */
export function makeInitCommand(): Command {
  return makeCommand(
    'init',
    'make the directories and the configuration for bulk builds',
    'bulkmesh init /content\nbulkmesh init /content --pkgsrc /usr/pkgsrc --kit /root/bootstrap.tar.gz --slots 4',
  )
    .description(
      'Makes directories, a configuration with a comment for every key, and fragments for mk.conf. Whatever is ' +
        'there already stays as it is.',
    )
    .argument('<dir>', 'where to; made if need be')
    .option('--pkgsrc <dir>', 'the pkgsrc tree (default: pkgsrc in that directory)')
    .option('--kit <file>', 'the bootstrap kit, a tarball')
    .option('--prefix <dir>', 'where packages install (default: /usr/pkg)')
    .option('--user <name>', 'account that builds (default: pbulk)')
    .option('--slots <n>', 'sandboxes that build at the same time', parseSlots)
    .action(async (dir: string, flags: InitFlags) => {
      const report = await initLayout(dir, { values: chooseValues(flags) });
      writeLines(renderInit(report, flags, process.cwd()));
    });
}

/** What was made, what was kept, and what remains to be done by hand. */
function renderInit(report: InitReport, flags: InitFlags, cwd: string): string[] {
  const { dir, configFile, created, kept } = report;
  const isUsual = configFile === '/content/bulkmesh.toml' || configFile === join(cwd, 'bulkmesh.toml');
  const command = isUsual ? 'bulkmesh' : `bulkmesh -c ${configFile}`;
  const tree = flags.pkgsrc === undefined ? join(dir, 'pkgsrc') : resolve(cwd, flags.pkgsrc);
  const fragment = join(dir, 'mk', 'mk-pkg.conf');
  const steps = [
    ...(existsSync(tree) ? [] : [`Get the pkgsrc tree into ${tree}, or set paths.pkgsrc.`]),
    ...(flags.kit === undefined
      ? [`Make a bootstrap kit, as ${fragment} says, and set pkgsrc.bootstrap_kit (NetBSD needs none).`]
      : []),
    `Read ${configFile}, and the files in ${join(dir, 'mk')} for your mk.conf.`,
    `${command} doctor     says what this host still lacks`,
    `${command} build      builds`,
  ];
  return [
    ...created.map((path) => `made  ${path}`),
    ...kept.map((path) => `kept  ${path}`),
    ...(created.length === 0 ? ['Everything was there already: nothing has been changed.'] : []),
    '',
    'Next:',
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
  ];
}

/** Paths on the command line are meant from where the user stands, those in the file from where it lies. */
function chooseValues(flags: InitFlags): Record<string, string | number> {
  const values: Record<string, string | number> = {};
  if (flags.pkgsrc !== undefined) values['paths.pkgsrc'] = resolve(flags.pkgsrc);
  if (flags.kit !== undefined) values['pkgsrc.bootstrap_kit'] = resolve(flags.kit);
  if (flags.prefix !== undefined) values['pkgsrc.prefix'] = resolve(flags.prefix);
  if (flags.user !== undefined) values['pkgsrc.build_user'] = flags.user;
  if (flags.slots !== undefined) values['build.slots'] = flags.slots;
  return values;
}

function parseSlots(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
