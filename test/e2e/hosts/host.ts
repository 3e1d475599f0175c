import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addressOf, type Cables } from './cables.ts';
import { runHere } from './commands.ts';
import { makeGroups, removeGroups } from './groups.ts';
import { type Holder, joinGroups, openHolder } from './holder.ts';
import { type Program, type ProgramEnd, startProgram } from './program.ts';

/** A host of the network: namespaces of this machine, and a disk of its own that outlives them. */
export interface NetHost {
  readonly number: number;
  /** h1, h2: known to all hosts by that name. */
  readonly name: string;
  readonly address: string;
  isOn(): boolean;
  /** Where a file of `place` lies as seen from this machine; with a disk of limited size only while it is on. */
  path(relative: string): string;
  write(relative: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /** Starts a program there, in `place`. */
  spawn(argv: readonly string[], env?: NodeJS.ProcessEnv): Program;
  run(argv: readonly string[], env?: NodeJS.ProcessEnv): Promise<ProgramEnd>;
  /** `bulkmesh ARGS`, from the sources of this checkout. */
  bulkmesh(...args: string[]): Program;
  /** From the next program on, its wall clock is ahead by so much; `node` programs alone see it. */
  setClock(aheadMs: number): void;
  /** Fills its disk but for so much, and gives the way to free it. Only with a disk of limited size. */
  fillDisk(leaveMiB: number): Promise<() => Promise<void>>;
  /** Loss of power: everything on it ends at once, its files stay. */
  powerOff(): Promise<void>;
  /** Boots it again, with the same disk. */
  powerOn(): Promise<void>;
}

export interface HostOptions {
  readonly number: number;
  /** The directory of the whole network. */
  readonly dir: string;
  /** The directory that is each host's own, by the same name on all. */
  readonly place: string;
  /** A disk of that size instead of a part of this machine's. */
  readonly diskMiB: number | undefined;
  readonly cables: Cables;
  /** After it has booted and has its cable. */
  readonly onBoot: (host: number, pid: number) => Promise<void>;
}

const program = fileURLToPath(new URL('../../../cli/bulkmesh.mjs', import.meta.url));
const clockFile = new URL('./shiftedClock.ts', import.meta.url).href;

// What is each host's own: its name, its number of this start, its disk, its control groups; those of others are covered.
const setup = `name=$1 number=$2 place=$3 disk=$4 others=$5 names=$6 image=$7
echo "$name" >/proc/sys/kernel/hostname
mount --bind "$number" /proc/sys/kernel/random/boot_id
mount --bind "$names" /etc/hosts
if [ -n "$image" ]; then mount -o loop "$disk" "$place"; else mount --bind "$disk" "$place"; fi
mount -t tmpfs -o size=64k,mode=755 none "$others"
shift 7
for group; do mount --bind "$group" "\${group%/*}"; done`;

/** Makes a host and boots it. */
export const openHost = async (options: HostOptions): Promise<NetHost> => {
  const host = new RunningHost(options);
  await host.powerOn();
  return host;
};

class RunningHost implements NetHost {
  readonly number: number;
  readonly name: string;
  readonly address: string;
  readonly #options: HostOptions;
  #holder: Holder | undefined;
  #groups: readonly string[] = [];
  #clockMs = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.number = options.number;
    this.name = `h${options.number}`;
    this.address = addressOf(options.number);
  }

  isOn(): boolean {
    return this.#holder !== undefined;
  }

  async powerOn(): Promise<void> {
    const { dir, place, diskMiB, cables, onBoot } = this.#options;
    const disk = await this.#makeDisk();
    const start = join(dir, 'starts', this.name);
    await mkdir(dirname(start), { recursive: true });
    await writeFile(start, `${randomUUID()}\n`);
    this.#groups = makeGroups(this.name);
    const isImage = diskMiB === undefined ? '' : 'yes';
    const holder = await openHolder({
      namespaces: ['--net', '--mount', '--uts', '--ipc', '--pid', '--mount-proc'],
      setup,
      args: [this.name, start, place, disk, join(dir, 'disks'), join(dir, 'names'), isImage, ...this.#groups],
      groups: this.#groups,
    });
    this.#holder = holder;
    await cables.plug(this.number, holder.pid);
    await onBoot(this.number, holder.pid);
  }

  async powerOff(): Promise<void> {
    const holder = this.#holder;
    if (holder === undefined) return;
    this.#holder = undefined;
    await holder.kill();
    await this.#options.cables.unplug(this.number);
    await removeGroups(this.#groups);
  }

  path(relative: string): string {
    const { dir, place, diskMiB } = this.#options;
    return diskMiB === undefined
      ? join(dir, 'disks', this.name, relative)
      : join(`/proc/${this.#pid()}/root`, place, relative);
  }

  async write(relative: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    await mkdir(dirname(this.path(relative)), { recursive: true });
    await writeFile(this.path(relative), content, { mode });
  }

  spawn(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const spaces = ['--net', '--mount', '--uts', '--ipc', '--pid'];
    const change = ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'cd', this.#options.place];
    const enter = ['nsenter', '--target', `${this.#pid()}`, ...spaces, '--', ...change];
    const clock =
      this.#clockMs === 0
        ? {}
        : { NODE_OPTIONS: `--import=${clockFile}`, SHIFT_CLOCK_MS: `${this.#clockMs}` };
    const common = { PATH: process.env.PATH, HOME: '/', LANG: 'C.UTF-8', BULKMESH_SHARE: '' };
    return startProgram(joinGroups(this.#groups, [...enter, ...argv]), { ...common, ...clock, ...env }, '/');
  }

  run(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ProgramEnd> {
    return this.spawn(argv, env).ended;
  }

  bulkmesh(...args: string[]): Program {
    return this.spawn([process.execPath, program, ...args]);
  }

  setClock(aheadMs: number): void {
    this.#clockMs = aheadMs;
  }

  async fillDisk(leaveMiB: number): Promise<() => Promise<void>> {
    if (this.#options.diskMiB === undefined) throw new Error(`${this.name} has no disk of its own`);
    const { bavail, bsize } = await statfs(this.path('.'));
    const bytes = Math.max(1, bavail * bsize - leaveMiB * 2 ** 20);
    await runHere(['fallocate', '-l', `${bytes}`, this.path('ballast')]);
    return async () => {
      await runHere(['rm', '-f', this.path('ballast')]);
    };
  }

  #pid(): number {
    if (this.#holder === undefined) throw new Error(`${this.name} is off`);
    return this.#holder.pid;
  }

  async #makeDisk(): Promise<string> {
    const { dir, diskMiB } = this.#options;
    const disk = join(dir, 'disks', this.name);
    if (diskMiB === undefined) {
      await mkdir(disk, { recursive: true });
      return disk;
    }
    const image = `${disk}.img`;
    if (existsSync(image)) return image;
    await mkdir(dirname(image), { recursive: true });
    await runHere(['truncate', '-s', `${diskMiB}M`, image]);
    await runHere(['mkfs.ext4', '-q', '-F', '-m', '0', '-O', '^has_journal', image]);
    return image;
  }
}
