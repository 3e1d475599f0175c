import type { SlotName } from '../../core/ids.ts';
import { launchCommand } from '../command.ts';
import { measureInside } from '../disk-usage.ts';
import type { Command, CommandResult, Fitting, Sandbox, SandboxUsage } from '../driver.ts';
import { SandboxError } from '../error.ts';
import { reach } from '../faultpoint.ts';
import type { KeptPart } from '../keep/record.ts';
import { killFamilies } from '../proc.ts';
import { removeSlotDir } from '../slot-dir.ts';
import { becomeWords } from './become.ts';
import type { SlotGroup } from './cgroup/group.ts';
import type { Init } from './init.ts';
import { killInside } from './inside.ts';
import { findKeepable, moveKept, restoreKept } from './keep.ts';
import { createSlotLayers, type SlotLayers, type SlotLayersOptions } from './layers/slotLayers.ts';
import type { Rights, SlotPlan } from './plan.ts';
import { mountWorkArea } from './workArea.ts';
import type { WrittenMeter } from './written.ts';

const killWaitMs = 30_000;

export interface LinuxSandboxOptions {
  readonly dir: string;
  readonly rights: Rights;
  readonly plan: SlotPlan;
  readonly kitDir: string | undefined;
  readonly init: Init;
  /** Undefined where this host has no control groups for us. */
  readonly group: SlotGroup | undefined;
  readonly meter: WrittenMeter;
  readonly layers: Pick<SlotLayersOptions, 'store' | 'makeUp' | 'overlayOptions' | 'slotUid'>;
  /** Throws SANDBOX_DESTROY unless the host is as it was before the slot. */
  readonly proveClean: () => void;
  readonly onDestroyed: () => void;
}

/** A slot of driver `linux`. */
export class LinuxSandbox implements Sandbox {
  readonly slot: SlotName;
  readonly layers: SlotLayers | undefined;
  readonly #dir: string;
  readonly #rights: Rights;
  readonly #plan: SlotPlan;
  readonly #init: Init;
  readonly #group: SlotGroup | undefined;
  readonly #meter: WrittenMeter;
  readonly #proveClean: () => void;
  readonly #onDestroyed: () => void;
  readonly #overlayOptions: readonly string[];
  readonly #running = new Set<Promise<CommandResult>>();
  #destroying: Promise<void> | undefined;

  constructor(slot: SlotName, options: LinuxSandboxOptions) {
    const { dir, rights, plan, kitDir, init, group, layers, proveClean, onDestroyed } = options;
    this.slot = slot;
    this.#dir = dir;
    this.#rights = rights;
    this.#plan = plan;
    this.#init = init;
    this.#group = group;
    this.#meter = options.meter;
    this.#proveClean = proveClean;
    this.#onDestroyed = onDestroyed;
    this.#overlayOptions = layers.overlayOptions;
    const { late } = init;
    const run = (command: Command) => this.run(command);
    const killAll = () => this.killAll();
    const own = { slotDir: dir, kitDir, rights, plan, late, run, killAll };
    this.layers = layers.store.isOn ? createSlotLayers({ ...layers, ...own }) : undefined;
  }

  async run(command: Command): Promise<CommandResult> {
    if (!this.#init.isAlive()) return this.#gone();
    const { network, user } = command;
    const running = launchCommand({
      enter: [...(this.#group?.joinArgv() ?? []), ...this.#init.enterArgv({ network })],
      become: [...this.#init.tidy, ...becomeWords(user, this.#rights)],
      command,
      onStart: () => reach('run.started'),
      kill: (leader) => this.#killCommand(leader),
    });
    this.#running.add(running);
    const result = await (this.#group?.during(running) ?? running);
    this.#running.delete(running);
    reach('run.ended');
    const isOver = result.kind === 'exited' || result.kind === 'aborted';
    return isOver || this.#init.isAlive() ? result : this.#gone();
  }

  async fit({ limits, work }: Fitting): Promise<void> {
    // What lies in memory counts as memory of those who wrote it.
    const filesBytes = work.kind === 'memory' ? work.sizeBytes : 0;
    const memoryBytes = limits.memoryBytes === undefined ? undefined : limits.memoryBytes + filesBytes;
    this.#group?.setLimits({ ...limits, memoryBytes });
    const area = this.#plan.work;
    if (work.kind === 'disk' || area === undefined) return;
    await mountWorkArea(this.#init.late, area, work.sizeBytes, this.#rights);
    reach('run.fitted');
  }

  async usage(): Promise<SandboxUsage> {
    return this.#group?.usage() ?? { memoryPeakBytes: undefined, memoryKills: undefined };
  }

  async killAll(): Promise<void> {
    // At once, where the kernel can; who is left, or hid from that, is found by its namespace.
    await this.#group?.killInside();
    const left = this.#init.isAlive() ? await killInside(this.#init.id.pid) : 0;
    if (left === 0) return;
    throw new SandboxError('SANDBOX_DESTROY', `${left} processes in ${this.slot} survive SIGKILL`, {
      hint: 'they wait in the kernel, often for a network file system or a failing disk',
    });
  }

  writtenBytes(limitBytes: number): Promise<number> {
    return this.#meter.measure(limitBytes);
  }

  diskUsage(path: string): Promise<number> {
    return measureInside({ run: (command) => this.run(command) }, path);
  }

  destroy(): Promise<void> {
    this.#destroying ??= this.#destroy().catch((error: unknown) => {
      this.#destroying = undefined;
      throw error;
    });
    return this.#destroying;
  }

  async keep(dir: string, bytesMax: number): Promise<readonly KeptPart[]> {
    await this.killAll();
    const { late, id } = this.#init;
    const source = { slotDir: this.#dir, plan: this.#plan, late, initPid: id.pid };
    const found = await findKeepable(source, bytesMax);
    await this.#end();
    const parts = moveKept(found, dir);
    await this.destroy();
    return parts;
  }

  restore(dir: string, parts: readonly KeptPart[]): Promise<readonly string[]> {
    return restoreKept(this.#init.late, dir, parts, this.#overlayOptions);
  }

  async #destroy(): Promise<void> {
    reach('clean.begun');
    await this.#end();
    reach('clean.killed');
    await Promise.allSettled(this.#running);
    await this.#group?.remove();
    reach('clean.ungrouped');
    await this.layers?.release();
    await removeSlotDir(this.#dir);
    this.#proveClean();
    this.#onDestroyed();
  }

  /** Ends every process inside; the namespaces go with the last one. */
  async #end(): Promise<void> {
    if (!(await this.#init.kill(killWaitMs))) {
      throw new SandboxError('SANDBOX_DESTROY', `processes in ${this.slot} survive SIGKILL for 30 s`, {
        hint: 'they wait in the kernel, often for a network file system or a failing disk; the slot stays as it is',
      });
    }
  }

  /**
   * Kills one command: its session and all descendants. What made a session of its own and lost its parent is
   * beyond reach while other commands run here; when this is the only one, everything inside goes.
   */
  async #killCommand(leader: number): Promise<void> {
    await killFamilies(new Set([leader]));
    if (this.#running.size === 1 && this.#init.isAlive()) await this.killAll().catch(() => undefined);
  }

  #gone(): CommandResult {
    return { kind: 'trouble', detail: `the sandbox ${this.slot} is gone` };
  }
}
