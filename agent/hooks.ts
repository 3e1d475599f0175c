import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../src/config/config.ts';
import { BulkmeshError, messageOf } from '../src/errors.ts';
import { findReason } from '../src/pkgsrc/makeoutput.ts';
import { launchCommand } from '../src/sandbox/command.ts';
import { killFamilies } from '../src/sandbox/proc.ts';
import { toolPath } from '../src/sandbox/process.ts';
import { describeEnd } from '../src/sandbox/result.ts';
import { describePaths } from './build/policy.ts';
import type { BuildSummary } from './control/protocol.ts';
import { inheritVariables } from './environment.ts';

export interface BuildHookPorts {
  readonly config: Config;
  readonly build: string;
  /** What the hooks print: begun anew by each build. */
  readonly logFile: string;
  readonly onWarning: (text: string) => void;
}

/** The operator's programs on this host around one bulk build. */
export interface BuildHooks {
  /** Throws HOOK_FAILED when it fails, or the signal's reason when it was stopped. */
  before(signal: AbortSignal): Promise<void>;
  /** Never throws: what goes wrong is a warning. */
  after(summary: BuildSummary, signal: AbortSignal): Promise<void>;
}

export const createBuildHooks = (ports: BuildHookPorts): BuildHooks => {
  const { beforeBuild, afterBuild } = ports.config.hooks;
  return {
    before: async (signal) => {
      if (beforeBuild.length === 0) return;
      const failure = await runHook(ports, 'before_build', beforeBuild, {
        flags: 'w',
        variables: {},
        signal,
      });
      signal.throwIfAborted();
      if (failure === undefined) return;
      throw new BulkmeshError('HOOK_FAILED', failure, {
        hint: `nothing was built; what it printed is in ${ports.logFile}`,
      });
    },
    after: async (summary, signal) => {
      if (afterBuild.length === 0) return;
      const options = { flags: 'a', variables: listEnd(summary), signal };
      const failure = await runHook(ports, 'after_build', afterBuild, options).catch(messageOf);
      if (failure !== undefined) ports.onWarning(`${failure} (see ${ports.logFile})`);
    },
  };
};

interface HookOptions {
  readonly flags: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Runs one hook; returns what went wrong, or undefined. */
const runHook = async (
  { config, build, logFile }: BuildHookPorts,
  name: string,
  argv: readonly string[],
  { flags, variables, signal }: HookOptions,
): Promise<string | undefined> => {
  await mkdir(dirname(logFile), { recursive: true });
  await using log = await open(logFile, flags, 0o644);
  const { size } = await log.stat();
  const result = await launchCommand({
    enter: [],
    become: [toolPath('env')],
    command: {
      argv,
      env: {
        ...inheritVariables(['PATH', 'HOME', 'USER', 'LOGNAME', 'TZ', ...config.pkgsrc.inherit]),
        ...describePaths(config),
        ...variables,
        BULKMESH_HOOK: name,
        BULKMESH_BUILD: build,
      },
      cwd: '/',
      user: undefined,
      network: true,
      output: { kind: 'log', fd: log.fd },
      signal,
    },
    onStart: () => undefined,
    kill: async (leader) => {
      await killFamilies(new Set([leader]));
    },
  });
  if (result.kind === 'exited' && result.code === 0) return undefined;
  const said = findReason((await readFile(logFile)).subarray(size).toString('utf8'));
  return `the hook ${name} (${argv[0]}) ${describeEnd(result)}${said === undefined ? '' : `: ${said}`}`;
};

const listEnd = ({ ending, counts, files }: BuildSummary): Readonly<Record<string, string>> => ({
  BULKMESH_ENDING: ending,
  BULKMESH_BUILT: String(counts.built),
  BULKMESH_KEPT: String(counts.kept),
  BULKMESH_FAILED: String(counts.failed),
  BULKMESH_BLOCKED: String(counts.blocked),
  BULKMESH_MASKED: String(counts.masked),
  BULKMESH_REPORT_TEXT: files.reportText,
  BULKMESH_REPORT_HTML: files.reportHtml,
  BULKMESH_REPORT_JSON: files.reportJson,
});
