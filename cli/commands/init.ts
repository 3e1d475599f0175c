import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type InitReport, initLayout } from '../../src/config/init.ts';
import { type BuildUserState, offerBuildUser } from '../buildUser.ts';
import { makeCommand, parseSlots } from '../options.ts';
import { writeLines } from '../output.ts';

interface InitFlags {
  readonly pkgsrc?: string;
  readonly kit?: string;
  readonly prefix?: string;
  readonly user?: string;
  readonly branch?: string;
  readonly slots?: number;
  readonly yes?: boolean;
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
    .option('--branch <name>', 'branch or tag of pkgsrc that "bulkmesh tree" is to get (default: trunk)')
    .option('--slots <n>', 'sandboxes that build at the same time', parseSlots)
    .option('--yes', 'make the account that builds, if it is missing, without asking')
    .action(async (dir: string, flags: InitFlags) => {
      const report = await initLayout(dir, { values: chooseValues(flags) });
      writeLines(listPlaced(report));
      const user = await offerBuildUser(flags.user ?? 'pbulk', flags.yes === true);
      if (user.kind === 'made') writeLines([`made  the account: ${user.command}`]);
      writeLines(listSteps(report, flags, user, process.cwd()));
    });
}

function listPlaced({ created, kept }: InitReport): string[] {
  return [
    ...created.map((path) => `made  ${path}`),
    ...kept.map((path) => `kept  ${path}`),
    ...(created.length === 0 ? ['Everything was there already: nothing has been changed.'] : []),
  ];
}

/** What is left to do until the first build, in its order. */
function listSteps(report: InitReport, flags: InitFlags, user: BuildUserState, cwd: string): string[] {
  const { dir, configFile } = report;
  const isUsual = configFile === '/content/bulkmesh.toml' || configFile === join(cwd, 'bulkmesh.toml');
  const command = isUsual ? 'bulkmesh' : `bulkmesh -c ${configFile}`;
  const tree = flags.pkgsrc === undefined ? join(dir, 'pkgsrc') : resolve(cwd, flags.pkgsrc);
  const hasTree = existsSync(join(tree, 'mk', 'bsd.pkg.mk'));
  const hasKit = flags.kit !== undefined && existsSync(resolve(cwd, flags.kit));
  const steps = [
    `read  ${configFile}, and your mk.conf in ${join(dir, 'mk')}`,
    ...(user.kind === 'missing' && user.command !== ''
      ? [`${user.command}     makes the account that builds`]
      : []),
    `${command} doctor        says what this host still lacks`,
    ...(hasTree ? [] : [`${command} tree          gets pkgsrc into ${tree}`]),
    ...(hasKit ? [] : [`${command} bootstrap     makes the kit that sandboxes start from`]),
    `${command} build         builds`,
  ];
  return ['', 'Next:', ...steps.map((step, index) => `  ${index + 1}. ${step}`), ...listJoining(report)];
}

/** How other hosts come to help. */
function listJoining({ meshKeyFile }: InitReport): string[] {
  return [
    '',
    'Other hosts may join at any time, in mid-build too: they need the program and a copy of the mesh key,',
    `${meshKeyFile}, which lets in whoever has it. On each of them:`,
    `  bulkmesh agent --join ${hostname()} --key COPY`,
  ];
}

/** Paths on the command line are meant from where the user stands, those in the file from where it lies. */
function chooseValues(flags: InitFlags): Record<string, string | number> {
  const values: Record<string, string | number> = {};
  if (flags.pkgsrc !== undefined) values['paths.pkgsrc'] = resolve(flags.pkgsrc);
  if (flags.kit !== undefined) values['pkgsrc.bootstrap_kit'] = resolve(flags.kit);
  if (flags.prefix !== undefined) values['pkgsrc.prefix'] = resolve(flags.prefix);
  if (flags.user !== undefined) values['pkgsrc.build_user'] = flags.user;
  if (flags.branch !== undefined) values['tree.branch'] = flags.branch;
  if (flags.slots !== undefined) values['build.slots'] = flags.slots;
  return values;
}
