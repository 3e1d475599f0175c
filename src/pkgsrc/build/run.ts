import { join } from 'node:path';
import type { StepTime } from '../../core/facts/fact.ts';
import type { Trouble } from '../../core/failure/trouble.ts';
import type { Command, CommandResult, Output, SandboxUsage } from '../../sandbox/driver.ts';
import { describeEnd } from '../../sandbox/result.ts';
import { type MakeCall, makeCommand, makeVariables } from '../make.ts';
import { findReason } from '../makeoutput.ts';
import { findFullDisk, saysDiskFull } from './disk.ts';
import { findLimit, findRefusal } from './limits.ts';
import type { PackageLogs } from './log.ts';
import { countHostKills, findShortage } from './memory.ts';
import { DiskQuota } from './quota.ts';
import type { BuildRequest } from './request.ts';
import type { StageName } from './stages.ts';
import { judgeVerdict } from './watch/judge.ts';
import { Watchdog } from './watch/watchdog.ts';
import { findFullWorkArea } from './workarea.ts';

/** How a stage ended: well, by the package's doing, or by the host's. */
export type StageEnd = { readonly kind: 'passed' } | StageFailure;

export type StageFailure =
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'trouble'; readonly trouble: Trouble; readonly detail: string };

/** One stage while it runs: its log is open, its CPU time is added up. */
export interface StageRun {
  readonly logFd: number;
  /**
   * Runs a command of the stage and says what its end means for the package. `limitMs`: for this command alone, stretched
   * on a slow host.
   */
  run(label: string, command: Command, limitMs?: number): Promise<StageEnd>;
  /** As `run`, with the raw result: for commands whose failure means nothing. */
  runRaw(label: string, command: Command): Promise<CommandResult>;
  /** The same without the limits of a package: for the operator's own programs. */
  runUnlimited(label: string, command: Command): Promise<CommandResult>;
  /** As `runUnlimited` for a program of our own, whose end goes into no log. */
  runReader(command: Command): Promise<CommandResult>;
  /** What the end of a command means for the package. */
  classify(label: string, result: CommandResult): Promise<StageEnd>;
}

/** The last bytes of a log that are looked at after a failure. */
const TAIL_BYTES = 8192;

/** One attempt at one package: its logs and what its stages took. */
export class PackageRun {
  readonly request: BuildRequest;
  readonly logs: PackageLogs;
  readonly steps: StepTime[] = [];
  /** Unix milliseconds, before anything ran in the sandbox. */
  readonly startedAtMs = Date.now();
  readonly #watchdog: Watchdog;
  readonly #quota: DiskQuota;
  /** Of the host, when the stage began. */
  #hostKills: number | undefined;
  #hasBuildersLeft = false;

  constructor(request: BuildRequest, logs: PackageLogs) {
    this.request = request;
    this.logs = logs;
    this.#watchdog = new Watchdog({
      policy: request.policy.watch,
      ground: request.watchGround,
      note: (line) => logs.note(line),
    });
    this.#quota = new DiskQuota(request.sandbox, request.policy.sandboxLimits.diskBytes);
  }

  get cpuMs(): number {
    return this.steps.reduce((total, step) => total + step.cpuMs, 0);
  }

  /** Runs one stage with its log open, and books its time. */
  async runStage<Result>(
    step: StageName | 'save' | 'hooks',
    work: (stage: StageRun) => Promise<Result>,
  ): Promise<Result> {
    this.request.onStage?.(step);
    const startedMs = performance.now();
    this.#hostKills = countHostKills();
    const logName = step === 'save' ? 'package' : step;
    await using log = await this.logs.open(logName);
    let cpuMs = 0;
    const watch = (label: string, command: Command, limitMs?: number): Promise<CommandResult> =>
      this.#watchdog.guard(
        { step, label, command, logFd: log.fd, logPath: this.logs.pathOf(logName), limitMs },
        (watched) => this.#quota.guard(watched, (bounded) => this.request.sandbox.run(bounded)),
      );
    const runNoted = async (label: string, command: Command, limitMs?: number): Promise<CommandResult> => {
      await this.#separateUsers(command);
      const result = await watch(label, command, limitMs);
      if (result.kind !== 'trouble') cpuMs += result.cpuMs;
      await this.logs.note(`${step}: ${label}: ${describeEnd(result)}`);
      return result;
    };
    const { limits, watch: policy } = this.request.policy;
    const runRaw = (label: string, command: Command, limitMs?: number) =>
      runNoted(label, { ...command, limits }, limitMs);
    const classify = (label: string, result: CommandResult) => this.#classify(logName, label, result);
    const result = await work({
      logFd: log.fd,
      runRaw,
      runUnlimited: runNoted,
      runReader: (command) => watch('a reader', command),
      classify,
      run: async (label, command, limitMs) => classify(label, await runRaw(label, command, limitMs)),
    });
    await this.logs.cut(policy.logBytesMax, logName);
    this.steps.push({ step, wallMs: Math.round(performance.now() - startedMs), cpuMs: Math.round(cpuMs) });
    return result;
  }

  hasReached(step: StageName): boolean {
    return this.steps.some((one) => one.step === step);
  }

  /** Kills whatever the stages so far left running. */
  async killAll(): Promise<void> {
    await this.request.sandbox.killAll();
    this.#hasBuildersLeft = false;
  }

  /** The make call of this package that goes to a log. */
  makeCommand(call: Pick<MakeCall, 'targets' | 'user' | 'network'>, logFd: number): Command {
    return makeCommand(this.request.environment, {
      ...call,
      dir: this.request.record.pkgpath,
      assignments: this.words,
      jobs: this.jobs,
      output: { kind: 'log', fd: logFd },
      signal: this.request.signal,
    });
  }

  /** A call of one of the pkg_* tools, as root. PKG_PATH is for them alone. */
  toolCommand(tool: 'pkg_add' | 'pkg_delete', args: readonly string[], output: Output): Command {
    const { environment, tree, signal } = this.request;
    return {
      argv: [join(tree.pkgToolsBin, tool), '-K', tree.pkgDbdir, ...args],
      env: { ...makeVariables(environment, undefined, undefined), PKG_PATH: join(tree.packages, 'All') },
      cwd: '/',
      user: undefined,
      network: false,
      output,
      signal,
    };
  }

  /**
   * The words of every make call for this package. One that knows no DESTDIR writes its file straight into PACKAGES;
   * the repository is not writable inside, so it gets a place in the work area, from where the file is saved.
   */
  get words(): readonly string[] {
    const { record, environment } = this.request;
    if (record.useDestdir !== 'no') return record.multiVersion;
    return [...record.multiVersion, `PACKAGES=${join(environment.workDir, '.packages')}`];
  }

  get jobs(): number {
    return this.request.record.makeJobsSafe ? Math.max(1, this.request.jobs) : 1;
  }

  /**
   * Root works in directories of the build user: a process that the build user left could swap a file for a link
   * between root's look and root's write, so none is left when root goes on.
   */
  async #separateUsers(next: Command): Promise<void> {
    if (next.user !== undefined) this.#hasBuildersLeft = true;
    else if (this.#hasBuildersLeft) await this.killAll();
  }

  async #classify(logName: string, label: string, result: CommandResult): Promise<StageEnd> {
    if (result.kind === 'exited' && result.code === 0) return { kind: 'passed' };
    const verdict = this.request.signal.aborted ? undefined : this.#watchdog.verdictOf(result);
    if (verdict !== undefined) return judgeVerdict(label, verdict);
    const quota = this.request.signal.aborted ? undefined : this.#quota.verdictOf(result);
    if (quota !== undefined) return { kind: 'failed', reason: `${label} ${quota}` };
    if (result.kind === 'aborted' || this.request.signal.aborted) {
      return { kind: 'trouble', trouble: 'killed', detail: `${label} was stopped by the agent` };
    }
    if (result.kind === 'trouble') {
      return { kind: 'trouble', trouble: 'sandbox', detail: `${label}: ${result.detail}` };
    }
    const tail = await this.logs.readTail(logName, TAIL_BYTES);
    const usage = await this.request.sandbox.usage();
    const shortage = this.#findShortage(result, tail, usage);
    if (shortage !== undefined) {
      return { kind: 'trouble', trouble: 'out-of-memory', detail: `${label}: ${shortage}` };
    }
    const full = await this.#findDiskFull(tail);
    if (full !== undefined)
      return { kind: 'trouble', trouble: full.trouble, detail: `${label}: ${full.detail}` };
    const limit = findLimit(tail, this.request.policy.limits) ?? this.#limitOf(result);
    if (limit !== undefined) return { kind: 'failed', reason: `${label}: a process ran into ${limit}` };
    const refused = findRefusal(usage, this.request.policy.sandboxLimits);
    if (refused !== undefined) return { kind: 'failed', reason: `${label}: ${refused}${quoteEnd(tail)}` };
    return { kind: 'failed', reason: `${label} ${describeEnd(result)}${quoteEnd(tail)}` };
  }

  #findShortage(result: CommandResult, tail: string, usage: SandboxUsage): string | undefined {
    const now = countHostKills();
    const { memoryBytes } = this.request.policy.sandboxLimits;
    const hostKills = now === undefined ? undefined : now - (this.#hostKills ?? now);
    return findShortage(result, tail, { usage, limitBytes: memoryBytes, hostKills });
  }

  /** The limit that ended the command itself, which says nothing then. */
  #limitOf(result: CommandResult): string | undefined {
    if (result.kind !== 'signalled' && result.kind !== 'exited') return undefined;
    const said = result.kind === 'signalled' ? result.signal : `Error code ${result.code}`;
    return findLimit(said, this.request.policy.limits);
  }

  /**
   * A disk that is full now, or was when the command wrote its last words: another build may have freed it
   * since. While no disk is full, a work area in memory may be: that is nobody's trouble, the package needs more than it
   * did.
   */
  async #findDiskFull(
    tail: string,
  ): Promise<{ readonly trouble: 'disk-full' | 'work-full'; readonly detail: string } | undefined> {
    const { logDir, repositoryDir, storageDirs, sandbox, environment, workArea } = this.request;
    const disk = await findFullDisk([...storageDirs, logDir, repositoryDir]);
    if (disk !== undefined) return { trouble: 'disk-full', detail: disk };
    const isInMemory = workArea?.kind === 'memory';
    const work = isInMemory ? await findFullWorkArea(sandbox, environment.workDir) : undefined;
    const detail = work ?? (saysDiskFull(tail) ? 'a write found no space left' : undefined);
    return detail === undefined ? undefined : { trouble: isInMemory ? 'work-full' : 'disk-full', detail };
  }
}

const REASON_LENGTH_MAX = 160;

/** Why it failed, by the end of its log, made fit for one line of a terminal. */
function quoteEnd(tail: string): string {
  const line = findReason(tail);
  return line === undefined ? '' : `: ${line.slice(0, REASON_LENGTH_MAX)}`;
}
