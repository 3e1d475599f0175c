import { Command } from 'commander';
import { readVersion } from '../agent/version.ts';
import { explainFailure } from './failure.ts';
import { configHelp, pbulkConfHelp } from './options.ts';
import { outliveOutput, writeErrorLines } from './output.ts';
import { hideSecrets } from './secret.ts';

/**
 * Runs one command line (without the program's own name) and resolves with its exit code, with everything
 * that is to be said about an error said on standard error. Never rejects.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  hideSecrets(process.env);
  outliveOutput();
  try {
    const program = await makeProgram(args);
    await program.parseAsync(args, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    const debug = process.env.BULKMESH_DEBUG !== undefined && process.env.BULKMESH_DEBUG !== '';
    const { lines, exitCode } = explainFailure(error, debug);
    writeErrorLines(lines);
    return exitCode;
  }
}

/**
 * The sub-commands in the order of the help, one per file of `commands/`. Each is loaded only where it may be run: the agent,
 * the store and the checks of the configuration are most of the program, and `resolve` needs none of them.
 */
const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./commands/init.ts')).makeInitCommand(),
  import: async () => (await import('./commands/import.ts')).makeImportCommand(),
  config: async () => (await import('./commands/config.ts')).makeConfigCommand(),
  tree: async () => (await import('./commands/tree.ts')).makeTreeCommand(),
  bootstrap: async () => (await import('./commands/bootstrap.ts')).makeBootstrapCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).makeDoctorCommand(),
  agent: async () => (await import('./commands/agent.ts')).makeAgentCommand(),
  key: async () => (await import('./commands/key.ts')).makeKeyCommand(),
  build: async () => (await import('./commands/build.ts')).makeBuildCommand(),
  rebuild: async () => (await import('./commands/rebuild.ts')).makeRebuildCommand(),
  status: async () => (await import('./commands/status.ts')).makeStatusCommand(),
  top: async () => (await import('./commands/top.ts')).makeTopCommand(),
  hosts: async () => (await import('./commands/hosts.ts')).makeHostsCommand(),
  log: async () => (await import('./commands/log.ts')).makeLogCommand(),
  why: async () => (await import('./commands/why.ts')).makeWhyCommand(),
  retry: async () => (await import('./commands/retry.ts')).makeRetryCommand(),
  stop: async () => (await import('./commands/stop.ts')).makeStopCommand(),
  resume: async () => (await import('./commands/resume.ts')).makeResumeCommand(),
  drain: async () => (await import('./commands/drain.ts')).makeDrainCommand(),
  undrain: async () => (await import('./commands/undrain.ts')).makeUndrainCommand(),
  leave: async () => (await import('./commands/leave.ts')).makeLeaveCommand(),
  evict: async () => (await import('./commands/evict.ts')).makeEvictCommand(),
  report: async () => (await import('./commands/report.ts')).makeReportCommand(),
  builds: async () => (await import('./commands/builds.ts')).makeBuildsCommand(),
  history: async () => (await import('./commands/history.ts')).makeHistoryCommand(),
  diff: async () => (await import('./commands/diff.ts')).makeDiffCommand(),
  sandbox: async () => (await import('./commands/sandbox.ts')).makeSandboxCommand(),
  scan: async () => (await import('./commands/scan.ts')).makeScanCommand(),
  resolve: async () => (await import('./commands/resolve.ts')).makeResolveCommand(),
  graph: async () => (await import('./commands/graph.ts')).makeGraphCommand(),
};

/**
 * The command line as far as these words need it: with the one sub-command that they begin with, or with all where they begin
 * with none.
 */
export async function makeProgram(args: readonly string[] = []): Promise<Command> {
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
  for (const command of await loadCommands(args)) program.addCommand(command);
  setUpErrors(program);
  return program;
}

function loadCommands([first = '']: readonly string[]): Promise<readonly Command[]> {
  const load = Object.hasOwn(loaders, first) ? loaders[first] : undefined;
  return Promise.all((load === undefined ? Object.values(loaders) : [load]).map((loader) => loader()));
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
