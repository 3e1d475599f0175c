import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Problem } from '../../src/config/problem.ts';
import { renderTemplate } from '../../src/config/template.ts';
import { checkValues } from '../../src/config/values.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { exitCodes } from '../failure.ts';
import { makePlainCommand } from '../options.ts';
import { writeErrorLines } from '../output.ts';
import { describeRemark, type ImportedConf, importPbulkConf } from '../pbulkConf.ts';
import { escapeLine } from '../ui/escape.ts';

interface ImportFlags {
  readonly output?: string;
  readonly trust?: boolean;
}

/** `bulkmesh import PBULK.CONF`: the equal bulkmesh.toml. */
export function makeImportCommand(): Command {
  return makePlainCommand(
    'import',
    'make a configuration of a pbulk.conf',
    [
      'bulkmesh import /usr/pbulk/etc/pbulk.conf                       print it; remarks on standard error',
      'bulkmesh import /usr/pbulk/etc/pbulk.conf -o bulkmesh.toml      write it to a new file',
      'bulkmesh --pbulk-conf /usr/pbulk/etc/pbulk.conf build           or use the file as it is',
    ].join('\n'),
  )
    .description(
      'Reads any pbulk.conf (of 2014, with Joyent’s names, or of today) and prints the equal bulkmesh.toml, with a ' +
        'remark for each setting that has no meaning here or another one.\n\n' +
        'A pbulk.conf is a shell program. It is run as an account without rights, with no network, a read-only view ' +
        'of the file system, an empty environment and ten seconds of time. That needs Linux; elsewhere, or for a ' +
        'file that needs more, --trust runs it as a plain sh.\n\n' +
        'Exit codes: 0 the result can be used as it is; 1 something in it has to be changed first; 2 the file ' +
        'cannot be read.',
    )
    .argument('<file>', 'the pbulk.conf')
    .option('-o, --output <file>', 'write to this file, which must not be there yet')
    .option('--trust', 'run it with all rights of this account')
    .action(async (file: string, flags: ImportFlags) => {
      const conf = await importPbulkConf(file, flags.trust === true);
      const text = renderTemplate(conf.values);
      if (flags.output === undefined) process.stdout.write(text);
      else await writeNew(flags.output, text);
      const { problems } = await checkValues(conf);
      writeErrorLines(describeImport(conf, problems));
      const isUsable = problems.length === 0 && conf.refusals.length === 0;
      process.exitCode = isUsable ? exitCodes.ok : exitCodes.unwell;
    });
}

/** What is to be known, then what has to be changed before anything can be built. */
function describeImport(conf: ImportedConf, problems: readonly Problem[]): string[] {
  const lines = [
    ...conf.printed.map((line) => `it printed: ${line}`),
    ...conf.remarks.map((remark) => describeRemark(remark)),
    ...conf.refusals.map((remark) => `TO CHANGE: ${describeRemark(remark)}`),
    ...problems.map(({ path, what, todo }) => `TO CHANGE: ${path.join('.')}: ${what}, ${todo}`),
  ];
  return lines.map((line) => escapeLine(line));
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    throw new BulkmeshError('IMPORT_FAILED', `${file} cannot be written: ${messageOf(error)}`, {
      hint: 'Name a file that is not there yet, in a directory that this account may write.',
      cause: error,
    });
  }
}
