import type { Command } from 'commander';
import { checkPkgPath } from '../../src/pkgsrc/name.ts';
import { makeCommand, openConfig, readConfigWords } from '../options.ts';
import { performBuild } from '../perform.ts';

interface BuildOptions {
  readonly fresh?: boolean;
  readonly rebuildAll?: boolean;
  readonly progress: boolean;
}

/** `bulkmesh build`: builds packages through the agent of this host, or through one of its own. */
export function makeBuildCommand(): Command {
  return makeCommand(
    'build',
    'build packages: those named, or what the configuration says',
    [
      'bulkmesh build                          what the configuration says, or the whole tree',
      'bulkmesh build lang/perl5 editors/vim   these and all that they need',
      'bulkmesh build --fresh                  a new build, though a stopped one could go on',
      'bulkmesh build --rebuild-all            everything, though it is up to date',
    ].join('\n'),
  )
    .description(
      'Scans, resolves, builds and reports. Uses the agent of this host; without one, runs an agent of its own ' +
        'until the build ends. What is in the repository already and was made from what the tree holds now is kept ' +
        '("bulkmesh why PKG" tells the reason for each package). A stopped build goes on where it was, and does not ' +
        'try again what failed before it was stopped, unless it was changed: --fresh does. The first Ctrl-C lets what runs finish, the ' +
        'second one stops at once.\n\n' +
        'Exit codes: 0 all built; 1 packages failed; 2 usage, configuration or host trouble, or the ' +
        'build was stopped elsewhere; 130 interrupted.',
    )
    .argument('[pkgpath...]', 'package paths, category/directory')
    .option('--fresh', 'start a new build even if the last one could go on; what is up to date is kept')
    .option('--rebuild-all', 'start a new build of everything, though it is up to date')
    .option('--no-progress', 'a line per event instead of the board, as where there is no terminal')
    .action(async (words: string[], options: BuildOptions, command: Command) => {
      const pkgpaths = words.map(readPkgPath);
      const config = await openConfig(command);
      process.exitCode = await performBuild(config, {
        request: {
          ...{ pkgpaths, fresh: options.fresh === true },
          ...(options.rebuildAll === true ? { everything: true } : {}),
        },
        asked: { config: readConfigWords(command), pkgpaths },
        progress: options.progress,
      });
    });
}

/** A PKGPATH as typed, perhaps with the slash that a shell completes. Throws `PKGPATH_INVALID`. */
function readPkgPath(word: string): string {
  const path = word.replace(/\/+$/, '');
  return checkPkgPath(path === '' ? word : path);
}
