import type { Command } from 'commander';
import { makeCommand, openConfig } from '../options.ts';
import { writeLines } from '../output.ts';
import { findReport, readReportFile } from '../report.ts';
import { escapeText } from '../ui/escape.ts';

interface ReportOptions {
  readonly json?: boolean;
  readonly html?: boolean;
  readonly path?: boolean;
}

/** `bulkmesh report`: the report of the last build. */
export function makeReportCommand(): Command {
  return makeCommand(
    'report',
    'print the report of the last build',
    'bulkmesh report\nbulkmesh report --html --path     where the page lies',
  )
    .description('Prints report.txt of the last build; works without an agent.')
    .option('--json', 'report.json instead')
    .option('--html', 'report.html instead')
    .option('--path', 'only where the file lies')
    .action(async (options: ReportOptions, command: Command) => {
      const paths = findReport(await openConfig(command));
      const kind = options.json === true ? 'json' : options.html === true ? 'html' : 'text';
      const text = await readReportFile(paths[kind]);
      if (options.path === true) return writeLines([paths[kind]]);
      // For a person the text, which quotes the packages, is made harmless; files for programs stay as they
      // are.
      process.stdout.write(kind === 'text' ? escapeText(text) : text);
    });
}
