import { Command } from 'commander';
import { readVersion } from '../agent/version.ts';
import { makeAgentCommand } from './commands/agent.ts';
import { makeBootstrapCommand } from './commands/bootstrap.ts';
import { makeBuildCommand } from './commands/build.ts';
import { makeBuildsCommand } from './commands/builds.ts';
import { makeConfigCommand } from './commands/config.ts';
import { makeDiffCommand } from './commands/diff.ts';
import { makeDoctorCommand } from './commands/doctor.ts';
import { makeGraphCommand } from './commands/graph.ts';
import { makeHistoryCommand } from './commands/history.ts';
import { makeImportCommand } from './commands/import.ts';
import { makeInitCommand } from './commands/init.ts';
import { makeLogCommand } from './commands/log.ts';
import { makeRebuildCommand } from './commands/rebuild.ts';
import { makeReportCommand } from './commands/report.ts';
import { makeResolveCommand } from './commands/resolve.ts';
import { makeSandboxCommand } from './commands/sandbox.ts';
import { makeScanCommand } from './commands/scan.ts';
import { makeStatusCommand } from './commands/status.ts';
import { makeTreeCommand } from './commands/tree.ts';
import { makeWhyCommand } from './commands/why.ts';
import { explainFailure } from './failure.ts';
import { configHelp, pbulkConfHelp } from './options.ts';
import { ignoreBrokenPipes, writeErrorLines } from './output.ts';

/**
 * Runs one command line (without the program's own name) and resolves with its exit code, with everything
 * that is to be said about an error said on standard error. Never rejects.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  ignoreBrokenPipes();
  try {
    await makeProgram().parseAsync(args, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    const debug = process.env.BULKMESH_DEBUG !== undefined && process.env.BULKMESH_DEBUG !== '';
    const { lines, exitCode } = explainFailure(error, debug);
    writeErrorLines(lines);
    return exitCode;
  }
}

/** The whole command line: one sub-command per file of `commands/`. */
export function makeProgram(): Command {
  const program = new Command('bulkmesh')
    .description('Builds pkgsrc packages in bulk, in clean sandboxes.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help; "bulkmesh COMMAND --help" for one command')
    .option('-c, --config <file>', configHelp)
    .option('--pbulk-conf <file>', pbulkConfHelp)
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
A first build:
  bulkmesh doctor                  what this host still needs
  bulkmesh init /content           make the directories and the configuration
  bulkmesh -c /content/bulkmesh.toml build
`,
    );
  const commands = [
    makeInitCommand(),
    makeImportCommand(),
    makeConfigCommand(),
    makeTreeCommand(),
    makeBootstrapCommand(),
    makeDoctorCommand(),
    makeAgentCommand(),
    makeBuildCommand(),
    makeRebuildCommand(),
    makeStatusCommand(),
    makeLogCommand(),
    makeWhyCommand(),
    makeReportCommand(),
    makeBuildsCommand(),
    makeHistoryCommand(),
    makeDiffCommand(),
    makeSandboxCommand(),
    makeScanCommand(),
    makeResolveCommand(),
    makeGraphCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  setUpErrors(program);
  return program;
}

/** Usage errors are thrown, not exits, and look like all other errors; with the way to help. */
function setUpErrors(command: Command): void {
  command.exitOverride();
  command.configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, 'bulkmesh: ')),
  });
  command.showHelpAfterError(`  see: ${nameCommand(command)} --help`);
  for (const child of command.commands) setUpErrors(child);
}

function nameCommand(command: Command): string {
  return command.parent === null ? command.name() : `${nameCommand(command.parent)} ${command.name()}`;
}
