import type { SlotName } from '../../core/ids.ts';
import { launchCommand } from '../command.ts';
import type { Command, CommandResult, Sandbox, SandboxUsage } from '../driver.ts';
import { killFamilies, listProcesses, type ProcessId, readProcess } from '../proc.ts';
import { runTool, toolPath } from '../process.ts';

export interface NoneSandboxOptions {
  readonly slot: SlotName;
  /** Called with the leaders of all sessions started so far, for the durable record. */
  readonly onLeader: (leaders: readonly ProcessId[]) => void;
  /** Called when no process is left. */
  readonly onDestroy: () => Promise<void>;
}

/** The one slot of driver `none`. */
export class NoneSandbox implements Sandbox {
  readonly slot: SlotName;
  readonly #options: NoneSandboxOptions;
  readonly #running = new Set<Promise<CommandResult>>();
  #leaders: readonly ProcessId[] = [];
  #isOpen = true;
  #destroying: Promise<void> | undefined;

  constructor(options: NoneSandboxOptions) {
    this.slot = options.slot;
    this.#options = options;
  }

  async run(command: Command): Promise<CommandResult> {
    if (!this.#isOpen) return { kind: 'trouble', detail: `the slot ${this.slot} is gone` };
    const running = launchCommand({
      enter: [],
      become: [toolPath('env')],
      command,
      onStart: (pid) => this.#noteLeader(pid),
      kill: async (leader) => {
        await killFamilies(new Set([leader]));
      },
    });
    this.#running.add(running);
    const result = await running;
    this.#running.delete(running);
    await this.#forgetEnded();
    return result;
  }

  /** Nothing can be bounded here but single processes, and the work area is a directory of the host. */
  async fit(): Promise<void> {}

  async usage(): Promise<SandboxUsage> {
    return { memoryPeakBytes: undefined, memoryKills: undefined };
  }

  /** Reaches the sessions that were started here; what has left them cannot be told from the host's own. */
  async killAll(): Promise<void> {
    if (this.#leaders.length > 0) await killFamilies(new Set(this.#leaders.map(({ pid }) => pid)));
  }

  async diskUsage(path: string): Promise<number> {
    const { stdout } = await runTool(['du', '-sk', path]);
    return Number(/^(\d+)\s/.exec(stdout)?.[1] ?? 0) * 1024;
  }

  destroy(): Promise<void> {
    this.#isOpen = false;
    this.#destroying ??= this.#destroy().catch((error: unknown) => {
      this.#destroying = undefined;
      throw error;
    });
    return this.#destroying;
  }

  async #destroy(): Promise<void> {
    await this.killAll();
    await Promise.allSettled(this.#running);
    await this.#options.onDestroy();
  }

  /** The number of a session without members may be given to anybody: it must not be killed by later. */
  async #forgetEnded(): Promise<void> {
    const sessions = new Set((await listProcesses()).map(({ session }) => session));
    this.#leaders = this.#leaders.filter(({ pid }) => sessions.has(pid));
  }

  #noteLeader(pid: number): void {
    this.#leaders = [...this.#leaders, { pid, startTicks: readProcess(pid)?.startTicks ?? 0 }];
    this.#options.onLeader(this.#leaders);
  }
}
