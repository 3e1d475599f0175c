import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { messageOf } from '../../../errors.ts';
import type { GroupLimits, SandboxUsage } from '../../driver.ts';
import { SandboxError } from '../../error.ts';
import { type GroupDir, readMemory, readMemoryKills, readPeak, readRefusals } from './figures.ts';
import { type Controller, tryWrite } from './place.ts';
import { killGroup, listProcesses, removeGroup } from './tree.ts';

/**
 * The two groups below that of a slot: of the sandbox's first process, and of all that runs in it. Limits hold above them:
 * root inside could mount the group that it is in, but sees nothing above it.
 */
const leaves = ['init', 'inside'] as const;

/** Goes into groups, then becomes the program. Arguments: how many, their files, the program. */
const joinScript =
  'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 >"$1" || exit 126; shift; n=$((n-1)); done; exec "$@"';

/** Processes until `setLimits` says how many: nothing that runs in a sandbox before that needs more. */
const processesAtFirst = 4096;

/** Groups that root inside may make, where the kernel can bound that (version 2): each costs memory of the kernel. */
const groupsInside = [
  ['cgroup.max.descendants', '200'],
  ['cgroup.max.depth', '8'],
] as const;

/** How often it is looked what the memory of a group is used for. */
const sampleMs = 250;

/** The control groups of one slot, one in each hierarchy. */
export class SlotGroup {
  readonly #dirs: readonly GroupDir[];
  readonly #onRemoved: () => void;
  #heldBytes = 0;
  #filesBytes = 0;
  #running = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(dirs: readonly GroupDir[], onRemoved: () => void) {
    this.#dirs = dirs;
    this.#onRemoved = onRemoved;
  }

  /** Makes the directories. Throws SANDBOX_PREPARE; call `remove` then too. */
  make(): void {
    try {
      for (const { dir } of this.#dirs) {
        mkdirSync(dir);
        for (const leaf of leaves) mkdirSync(join(dir, leaf));
        tryWrite(join(dir, 'pids.max'), String(processesAtFirst));
        for (const [file, most] of groupsInside) tryWrite(join(dir, file), most);
      }
    } catch (error) {
      throw new SandboxError('SANDBOX_PREPARE', `cannot make a control group: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Puts the sandbox's first process in: what it is the parent of is there from its start. Throws SANDBOX_PREPARE. */
  addInit(pid: number): void {
    try {
      for (const { dir } of this.#dirs)
        writeFileSync(join(dir, 'init/cgroup.procs'), String(pid), { flag: 'r+' });
    } catch (error) {
      throw new SandboxError('SANDBOX_PREPARE', `cannot use a control group: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** What must come before a program so that it runs among what is inside. */
  joinArgv(): readonly string[] {
    const files = this.#dirs.map(({ dir }) => join(dir, 'inside/cgroup.procs'));
    return ['/bin/sh', '-c', joinScript, 'sh', String(files.length), ...files];
  }

  /** What this host cannot bound is left out. Throws SANDBOX_PREPARE. */
  setLimits({ memoryBytes, processes, nice }: GroupLimits): void {
    try {
      this.#write('pids', { 1: 'pids.max', 2: 'pids.max' }, processes);
      const pids = this.#of('pids');
      if (processes === undefined && pids !== undefined) tryWrite(join(pids.dir, 'pids.max'), 'max');
      this.#write('memory', { 1: 'memory.limit_in_bytes', 2: 'memory.max' }, memoryBytes);
    } catch (error) {
      throw new SandboxError('SANDBOX_PREPARE', `cannot set the limits of a sandbox: ${messageOf(error)}`, {
        cause: error,
      });
    }
    if (memoryBytes !== undefined) this.#boundSwap(memoryBytes);
    this.#weigh(nice ?? 0);
  }

  /** To be called around everything that runs inside: meanwhile its memory is looked at. */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    this.#running += 1;
    this.#timer ??= setInterval(() => this.#sample(), sampleMs).unref();
    try {
      return await work;
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#stopSampling();
    }
  }

  usage(): SandboxUsage {
    const memory = this.#of('memory');
    const pids = this.#of('pids');
    return {
      memoryPeakBytes: memory === undefined ? undefined : this.#peak(memory),
      memoryKills: memory === undefined ? undefined : readMemoryKills(memory, leavesOf(memory)),
      processRefusals: pids === undefined ? undefined : readRefusals(pids, leavesOf(pids)),
    };
  }

  /** Kills all but the sandbox's first process. Returns how many are left. */
  async killInside(): Promise<number> {
    const [dir] = this.#dirs.toSorted((a, b) => b.version - a.version);
    if (dir === undefined || listProcesses(join(dir.dir, 'inside')).length === 0) return 0;
    const pids = this.#of('pids');
    const bound = pids && join(pids.dir, 'inside', 'pids.max');
    if (bound !== undefined) tryWrite(bound, '0');
    const left = await killGroup(join(dir.dir, 'inside'));
    if (bound !== undefined) tryWrite(bound, 'max');
    return left;
  }

  /** When nothing of the sandbox runs any more, or is about to end. Throws SANDBOX_DESTROY where something does. */
  async remove(): Promise<void> {
    this.#stopSampling();
    const left: string[] = [];
    for (const { dir } of this.#dirs) {
      if ((await removeGroup(dir)) || ((await killGroup(dir)) === 0 && (await removeGroup(dir)))) continue;
      left.push(`${dir} (processes ${listProcesses(dir).join(', ') || 'unknown'})`);
    }
    if (left.length > 0) {
      throw new SandboxError('SANDBOX_DESTROY', `a control group will not go: ${left.join('; ')}`, {
        hint: 'a process there waits in the kernel, often for a network file system or a failing disk',
      });
    }
    this.#onRemoved();
  }

  #of(controller: Controller): GroupDir | undefined {
    return this.#dirs.find((one) => one.controllers.includes(controller));
  }

  #write(controller: Controller, files: Readonly<Record<1 | 2, string>>, value: number | undefined): void {
    const group = this.#of(controller);
    if (group === undefined || value === undefined) return;
    writeFileSync(join(group.dir, files[group.version]), String(value), { flag: 'r+' });
  }

  /** With a limit, swap is no way round it: not every kernel counts it. */
  #boundSwap(memoryBytes: number): void {
    const group = this.#of('memory');
    if (group?.version === 1) tryWrite(join(group.dir, 'memory.memsw.limit_in_bytes'), String(memoryBytes));
    else if (group !== undefined) tryWrite(join(group.dir, 'memory.swap.max'), '0');
  }

  /**
   * A step of nice is worth a quarter of the CPU time; see sched(7). Among the sandboxes, and all of them beside the
   * host: by the package that came last.
   */
  #weigh(nice: number): void {
    const group = this.#of('cpu');
    if (group === undefined) return;
    const base = dirname(group.dir);
    const share = 1.25 ** -nice;
    if (group.version === 2) {
      for (const dir of [group.dir, base]) tryWrite(join(dir, 'cpu.weight'), String(Math.round(100 * share)));
      return;
    }
    tryWrite(join(group.dir, 'cpu.shares'), String(Math.round(1024 * share)));
    // Version 1 weighs a group against single processes of the host: ours would count as one.
    tryWrite(join(base, 'cpu.shares'), String(Math.round(1024 * share * availableParallelism())));
  }

  /**
   * The kernel's own peak counts files as well, of which it keeps as many as there is room for: it says nothing of what
   * is needed. So the memory that processes hold is looked at while they run. What lived shorter than that shows as the
   * part of the kernel's peak that cannot have been files: neither those of now nor the most of any look, as files that
   * are deleted leave memory at once.
   */
  #peak(memory: GroupDir): number {
    this.#sample();
    const peak = readPeak(memory);
    if (peak === undefined) return this.#heldBytes;
    return Math.min(peak, Math.max(this.#heldBytes, peak - this.#filesBytes));
  }

  #sample(): void {
    const memory = this.#of('memory');
    const now = memory && readMemory(memory);
    if (now === undefined) return;
    this.#heldBytes = Math.max(this.#heldBytes, now.heldBytes);
    this.#filesBytes = Math.max(this.#filesBytes, now.filesBytes);
  }

  #stopSampling(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function leavesOf({ dir }: GroupDir): readonly string[] {
  return leaves.map((leaf) => join(dir, leaf));
}
