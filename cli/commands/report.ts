import type { Command } from 'commander';
import { makeCommand, openConfig } from '../options.ts';
import { writeLines } from '../output.ts';
import { findReport, missingReport, readReport, readReportFile } from '../report.ts';
import { drawComparison, takeComparison } from '../ui/comparison.ts';
import { escapeText } from '../ui/escape.ts';

interface ReportOptions {
  readonly json?: boolean;
  readonly html?: boolean;
  readonly path?: boolean;
  readonly diff?: boolean;
}

/** `bulkmesh report`: the report of the last build. */
export function makeReportCommand(): Command {
  return makeCommand(
    'report',
    'print the report of the last build',
    [
      'bulkmesh report',
      'bulkmesh report --html --path     where the page lies',
      'bulkmesh report --diff            what fails now and did not before, and what is fixed',
    ].join('\n'),
  )
    .description('Prints report.txt of the last build; works without an agent.')
    .option('--json', 'report.json instead; with --diff its comparison only')
    .option('--html', 'report.html instead')
    .option('--path', 'only where the file lies')
    .option(
      '--diff',
      'only what changed since the build before: + fails now, - fixed, ~ fails in another stage',
    )
    .action(async (options: ReportOptions, command: Command) => {
      const config = await openConfig(command);
      const paths = findReport(config);
      if (options.diff === true) {
        const report = await readReport(config);
        if (report === undefined) throw missingReport(paths.json);
        return writeLines(
          options.json === true ? [JSON.stringify(takeComparison(report), null, 2)] : drawComparison(report),
        );
      }
      const kind = options.json === true ? 'json' : options.html === true ? 'html' : 'text';
      const text = await readReportFile(paths[kind]);
      if (options.path === true) return writeLines([paths[kind]]);
      // For a person the text, which quotes the packages, is made harmless; files for programs stay as they
      // are.
      process.stdout.write(kind === 'text' ? escapeText(text) : text);
    });
}
