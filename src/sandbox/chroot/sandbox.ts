import type { SlotName } from '../../core/ids.ts';
import { killOccupants } from '../cleanup/occupants.ts';
import { launchCommand } from '../command.ts';
import { measureInside } from '../disk-usage.ts';
import type { Command, CommandResult, Fitting, Sandbox, SandboxUsage } from '../driver.ts';
import { reach } from '../faultpoint.ts';
import type { SlotGroup } from '../linux/cgroup/group.ts';
import { killFamilies } from '../proc.ts';
import { findEntrance } from './command.ts';
import type { ChrootSystem } from './system.ts';

export interface ChrootSandboxOptions {
  readonly slot: SlotName;
  /** The directory that is the root inside. */
  readonly root: string;
  readonly system: ChrootSystem;
  /** What bounds and measures all that runs inside; undefined where this host has no control groups. */
  readonly group: SlotGroup | undefined;
  /** Kills, unmounts, proves and deletes all of it; called again after it has thrown. */
  readonly takeDown: () => Promise<void>;
}

/** A slot of the drivers `mounts` and `script`: a directory of this host that commands have as their root. */
export class ChrootSandbox implements Sandbox {
  readonly slot: SlotName;
  readonly #options: ChrootSandboxOptions;
  readonly #running = new Set<Promise<CommandResult>>();
  #isOpen = true;
  #destroying: Promise<void> | undefined;

  constructor(options: ChrootSandboxOptions) {
    this.slot = options.slot;
    this.#options = options;
  }

  async run(command: Command): Promise<CommandResult> {
    const { root, system, group } = this.#options;
    if (!this.#isOpen) return this.#gone();
    const { enter, become } = findEntrance(root, system, command);
    const running = launchCommand({
      enter: [...(group?.joinArgv() ?? []), ...enter],
      become,
      command,
      onStart: () => reach('run.started'),
      kill: (leader) => this.#killCommand(leader),
    });
    this.#running.add(running);
    const result = await (group?.during(running) ?? running);
    this.#running.delete(running);
    reach('run.ended');
    const isOver = result.kind === 'exited' || result.kind === 'aborted';
    return isOver || this.#isOpen ? result : this.#gone();
  }

  /** The work area lies where the rest of the chroot does. */
  async fit({ limits }: Fitting): Promise<void> {
    this.#options.group?.setLimits(limits);
  }

  async usage(): Promise<SandboxUsage> {
    return this.#options.group?.usage() ?? { memoryPeakBytes: undefined, memoryKills: undefined };
  }

  /** All of the group, where there is one: also who has left the chroot and closed every file in it. */
  async killAll(): Promise<void> {
    await this.#options.group?.killInside();
    await killOccupants(this.#options.root);
  }

  diskUsage(path: string): Promise<number> {
    return measureInside({ run: (command) => this.run(command) }, path);
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
    reach('clean.begun');
    await this.killAll();
    reach('clean.killed');
    await Promise.allSettled(this.#running);
    await this.#options.group?.remove();
    await this.#options.takeDown();
  }

  /**
   * Kills one command: its session and all descendants. What made a session of its own and lost its parent is beyond
   * reach while other commands run here; when this is the only one, everything inside goes.
   */
  async #killCommand(leader: number): Promise<void> {
    await killFamilies(new Set([leader]));
    if (this.#running.size === 1) await this.killAll().catch(() => undefined);
  }

  #gone(): CommandResult {
    return { kind: 'trouble', detail: `the sandbox ${this.slot} is gone` };
  }
}
