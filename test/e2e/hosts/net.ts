import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressOf, openCables, setWays } from './cables.ts';
import { sweepGroups } from './groups.ts';
import { type NetHost, openHost } from './host.ts';

/**
 * Hosts on this machine, each in namespaces of its own (network, mounts, processes, name, IPC) and in control groups of its own, on one
 * switch. All of it hangs on this process: when that ends, in whatever way, the kernel takes everything away but the files in
 * `dir` and empty control groups, which the next network sweeps.
 */
export interface Net {
  /** By number, from 1. */
  host(number: number): NetHost;
  listHosts(): readonly NetHost[];
  /** Boots one more. */
  addHost(options?: { readonly diskMiB?: number }): Promise<NetHost>;
  /** From now on nothing that either sends reaches the other; nobody is told. */
  cut(a: number, b: number): Promise<void>;
  /** The same in one direction. */
  cutOneWay(from: number, to: number): Promise<void>;
  /** Nothing passes between hosts of different groups. */
  partition(...groups: readonly (readonly number[])[]): Promise<void>;
  /** The cable is pulled out; `linkUp` puts it back. */
  linkDown(host: number): Promise<void>;
  linkUp(host: number): Promise<void>;
  /** What the host sends and hears comes late, and a part of it never. */
  delay(host: number, delayMs: number, lossPercent: number): Promise<void>;
  /** Ends all cuts, partitions, delays; cables are in. */
  heal(): Promise<void>;
  destroy(): Promise<void>;
}

export interface NetOptions {
  /** A directory of the caller's, who also removes it. */
  readonly dir: string;
  readonly hosts: number;
  /** The directory that is each host's own, by the same name on all. Default: `dir`/place. */
  readonly place?: string;
  /** Hosts with a disk of limited size, by number. */
  readonly disksMiB?: Readonly<Record<number, number>>;
}

/** How many hosts have a name before they are made. */
const hostsMax = 32;

export const createNet = async (options: NetOptions): Promise<Net> => {
  await sweepGroups();
  const place = options.place ?? join(options.dir, 'place');
  await mkdir(place, { recursive: true });
  const numbers = Array.from({ length: hostsMax }, (_, index) => index + 1);
  const names = numbers.map((number) => `${addressOf(number)} h${number}`);
  await writeFile(join(options.dir, 'names'), `127.0.0.1 localhost\n${names.join('\n')}\n`);
  const net = new RunningNet(options.dir, place, await openCables(options.dir));
  try {
    for (let number = 1; number <= options.hosts; number += 1) {
      const diskMiB = options.disksMiB?.[number];
      await net.addHost(diskMiB === undefined ? {} : { diskMiB });
    }
  } catch (error) {
    await net.destroy();
    throw error;
  }
  return net;
};

class RunningNet implements Net {
  readonly #dir: string;
  readonly #place: string;
  readonly #cables: Awaited<ReturnType<typeof openCables>>;
  readonly #hosts: NetHost[] = [];
  readonly #pids = new Map<number, number>();
  /** `from>to` */
  readonly #cuts = new Set<string>();

  constructor(dir: string, place: string, cables: Awaited<ReturnType<typeof openCables>>) {
    this.#dir = dir;
    this.#place = place;
    this.#cables = cables;
  }

  host(number: number): NetHost {
    const host = this.#hosts[number - 1];
    if (host === undefined) throw new Error(`there is no host ${number}`);
    return host;
  }

  listHosts(): readonly NetHost[] {
    return this.#hosts;
  }

  async addHost(options: { readonly diskMiB?: number } = {}): Promise<NetHost> {
    const host = await openHost({
      number: this.#hosts.length + 1,
      dir: this.#dir,
      place: this.#place,
      diskMiB: options.diskMiB,
      cables: this.#cables,
      onBoot: async (number, pid) => {
        this.#pids.set(number, pid);
        await this.#setWaysOf(number);
      },
    });
    this.#hosts.push(host);
    return host;
  }

  async cut(a: number, b: number): Promise<void> {
    await this.cutOneWay(a, b);
    await this.cutOneWay(b, a);
  }

  async cutOneWay(from: number, to: number): Promise<void> {
    this.#cuts.add(`${from}>${to}`);
    await this.#setWaysOf(from);
  }

  async partition(...groups: readonly (readonly number[])[]): Promise<void> {
    const pairs = groups.flatMap((group) =>
      groups.filter((other) => other !== group).flatMap((other) => pairUp(group, other)),
    );
    for (const [from, to] of pairs) this.#cuts.add(`${from}>${to}`);
    await Promise.all(this.#hosts.map(({ number }) => this.#setWaysOf(number)));
  }

  linkDown(host: number): Promise<void> {
    return this.#cables.setLink(host, false);
  }

  linkUp(host: number): Promise<void> {
    return this.#cables.setLink(host, true);
  }

  delay(host: number, delayMs: number, lossPercent: number): Promise<void> {
    return this.#cables.setDelay(host, delayMs, lossPercent);
  }

  async heal(): Promise<void> {
    this.#cuts.clear();
    for (const host of this.#hosts.filter((each) => each.isOn())) {
      await this.#setWaysOf(host.number);
      await this.#cables.setDelay(host.number, 0, 0);
      await this.#cables.setLink(host.number, true);
    }
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.powerOff()));
    await this.#cables.remove();
  }

  async #setWaysOf(from: number): Promise<void> {
    const pid = this.#pids.get(from);
    const isBooting = this.#hosts[from - 1] === undefined;
    if (pid === undefined || !(isBooting || this.#hosts[from - 1]?.isOn())) return;
    const peers = Array.from({ length: hostsMax }, (_, index) => index + 1);
    await setWays(
      pid,
      from,
      peers.map((host) => ({ host, isCut: this.#cuts.has(`${from}>${host}`) })),
    );
  }
}

const pairUp = (from: readonly number[], to: readonly number[]): readonly (readonly [number, number])[] =>
  from.flatMap((a) => to.map((b) => [a, b] as const));
