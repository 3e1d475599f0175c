import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { SlotName } from '../../core/ids.ts';
import { launchCommand } from '../command.ts';
import type { Command, CommandResult, Sandbox, UserId } from '../driver.ts';
import { SandboxError } from '../error.ts';
import { killFamilies, listPids, readProcess } from '../proc.ts';
import { runTool, toolPath } from '../process.ts';
import { removeSlotDir } from '../slot-dir.ts';
import type { Init } from './init.ts';

const killWaitMs = 30_000;

/** A slot of driver `linux`. */
export class LinuxSandbox implements Sandbox {
  readonly slot: SlotName;
  readonly #dir: string;
  readonly #init: Init;
  readonly #onDestroyed: () => void;
  readonly #running = new Set<Promise<CommandResult>>();
  #destroying: Promise<void> | undefined;

  constructor(slot: SlotName, dir: string, init: Init, onDestroyed: () => void) {
    this.slot = slot;
    this.#dir = dir;
    this.#init = init;
    this.#onDestroyed = onDestroyed;
  }

  async run(command: Command): Promise<CommandResult> {
    if (!this.#init.isAlive()) return this.#gone();
    const { network, user } = command;
    const running = launchCommand({
      enter: this.#init.enterArgv({ network }),
      become: user === undefined ? [toolPath('setpriv'), '--inh-caps=-all', '--'] : this.#becomeUser(user),
      command,
      onStart: () => undefined,
      kill: (leader) => this.#killCommand(leader),
    });
    this.#running.add(running);
    const result = await running;
    this.#running.delete(running);
    const isOver = result.kind === 'exited' || result.kind === 'aborted';
    return isOver || this.#init.isAlive() ? result : this.#gone();
  }

  async killAll(): Promise<void> {
    // One system call that spares the caller and the namespace's first process: nothing can fork past it.
    await runTool([...this.#init.enterArgv({ network: true }), '/bin/sh', '-c', 'kill -9 -1']);
    for (let round = 0; round < 100 && this.#survivors() > 0; round += 1) await delay(round === 0 ? 1 : 50);
    const left = this.#survivors();
    if (left === 0) return;
    throw new SandboxError('SANDBOX_DESTROY', `${left} processes in ${this.slot} survive SIGKILL`, {
      hint: 'they wait in the kernel, often for a network file system or a failing disk',
    });
  }

  async diskUsage(path: string): Promise<number> {
    const result = await this.run({
      argv: [toolPath('du'), '-sk', '--', path],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      cwd: '/',
      user: undefined,
      network: false,
      output: { kind: 'capture', maxBytes: 4096 },
      signal: new AbortController().signal,
    });
    const kilobytes = result.kind === 'exited' ? /^(\d+)\s/.exec(result.stdout)?.[1] : undefined;
    return Number(kilobytes ?? 0) * 1024;
  }

  destroy(): Promise<void> {
    this.#destroying ??= this.#destroy().catch((error: unknown) => {
      this.#destroying = undefined;
      throw error;
    });
    return this.#destroying;
  }

  async #destroy(): Promise<void> {
    if (!(await this.#init.kill(killWaitMs))) {
      throw new SandboxError('SANDBOX_DESTROY', `processes in ${this.slot} survive SIGKILL for 30 s`, {
        hint: 'they wait in the kernel, often for a network file system or a failing disk; the slot stays as it is',
      });
    }
    await Promise.allSettled(this.#running);
    await removeSlotDir(this.#dir);
    this.#onDestroyed();
  }

  /**
   * Kills one command: its session and all descendants. What made a session of its own and lost its parent is
   * beyond reach while other commands run here; when this is the only one, everything inside goes.
   */
  async #killCommand(leader: number): Promise<void> {
    await killFamilies(new Set([leader]));
    if (this.#running.size === 1 && this.#init.isAlive()) await this.killAll().catch(() => undefined);
  }

  #becomeUser(user: UserId): readonly string[] {
    const groups = this.#groupsOf(user);
    return [
      ...[toolPath('setpriv'), `--reuid=${user.uid}`, `--regid=${user.gid}`],
      groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`,
      ...['--inh-caps=-all', '--no-new-privs', '--'],
    ];
  }

  /** Supplementary groups as the sandbox's own group file has them; packages may have added some. */
  #groupsOf(user: UserId): readonly number[] {
    let text: string;
    try {
      text = readFileSync(`/proc/${this.#init.id.pid}/root/etc/group`, 'utf8');
    } catch {
      return [];
    }
    return text.split('\n').flatMap((line) => {
      const [, , gid = '', members = ''] = line.split(':');
      return /^\d+$/.test(gid) && members.split(',').includes(user.name) ? [Number(gid)] : [];
    });
  }

  /** Processes inside besides its init, by the sandbox's own proc; those that have ended do not count. */
  #survivors(): number {
    if (!this.#init.isAlive()) return 0;
    const proc = `/proc/${this.#init.id.pid}/root/proc`;
    return listPids(proc).filter((pid) => {
      const state = pid === 1 ? undefined : readProcess(pid, proc)?.state;
      return state !== undefined && state !== 'Z' && state !== 'X';
    }).length;
  }

  #gone(): CommandResult {
    return { kind: 'trouble', detail: `the sandbox ${this.slot} is gone` };
  }
}
