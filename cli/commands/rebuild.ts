import type { Command } from 'commander';
import { BulkmeshError } from '../../src/errors.ts';
import { exitCodes } from '../failure.ts';
import { makeCommand, openConfig, readConfigWords } from '../options.ts';
import { writeLines } from '../output.ts';
import { performBuild, type WantedBuild } from '../perform.ts';

interface RebuildOptions {
  readonly allFailed?: boolean;
  readonly only?: boolean;
  readonly progress: boolean;
}

/** `bulkmesh rebuild`: builds packages of the last build again. */
export function makeRebuildCommand(): Command {
  return makeCommand(
    'rebuild',
    'build packages of the last build again, with what needs them',
    [
      'bulkmesh rebuild perl              perl, and everything that was built with it',
      'bulkmesh rebuild devel/zlib --only   this alone',
      'bulkmesh rebuild -a                all that failed in the last build',
    ].join('\n'),
  )
    .description(
      'Builds the packages again that the words select (PKGNAME, PKGBASE, PKGPATH, a pattern as in a dependency, a ' +
        'shell pattern for PKGPATHs), though nothing says that they must be, and everything that needs them, ' +
        'directly or not. What they need is built as far as it is missing or out of date; everything else is ' +
        'left alone. The report of the build stays; that of the rebuild lies beside it, in rebuild/. Progress, Ctrl-C and ' +
        'exit codes are those of "bulkmesh build".',
    )
    .argument('[package...]', 'packages of the last build')
    .option('-a, --all-failed', 'all that failed in the last build')
    .option('--only', 'not what needs them: the next build does that')
    .option('--no-progress', 'a line per event instead of the board, as where there is no terminal')
    .action(async (words: string[], options: RebuildOptions, command: Command) => {
      const failed = options.allFailed === true;
      if (words.length === 0 && !failed) {
        throw new BulkmeshError('USAGE', 'nothing is named to be built again', {
          hint: 'name packages, or give -a for all that failed',
        });
      }
      const config = await openConfig(command);
      const only = options.only === true;
      const again = ['rebuild', ...(failed ? ['-a'] : []), ...(only ? ['--only'] : []), ...words];
      const wanted: WantedBuild = {
        request: { pkgpaths: [], fresh: true, rebuild: { packages: words, failed, only } },
        asked: { config: readConfigWords(command), pkgpaths: words, words: again },
        progress: options.progress,
      };
      process.exitCode = await performBuild(config, wanted).catch(excuseNothing);
    });
}

/** Nothing that failed is good news, also for a script that asks each night. */
function excuseNothing(error: unknown): number {
  if (!(error instanceof BulkmeshError) || error.code !== 'NOTHING_FAILED') throw error;
  writeLines([`${error.message}.`]);
  return exitCodes.ok;
}
