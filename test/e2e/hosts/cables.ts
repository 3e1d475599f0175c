import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { enterNet, runHere, runIp } from './commands.ts';
import { type Holder, openHolder } from './holder.ts';
import { type Program, startProgram } from './program.ts';

/** The switch that all hosts hang on, in a network namespace of its own, and a cable to each. Hosts have numbers from 1. */
export interface Cables {
  /** Gives a host that has booted its end of a new cable. */
  plug(host: number, pid: number): Promise<void>;
  /** The cable goes, as when the host loses power. */
  unplug(host: number): Promise<void>;
  /** The light goes out at both ends, or comes back. */
  setLink(host: number, isUp: boolean): Promise<void>;
  /** From now on all that the host sends and hears is late, and some of it lost. Zero for both: an ordinary cable again. */
  setDelay(host: number, delayMs: number, lossPercent: number): Promise<void>;
  remove(): Promise<void>;
}

export const addressOf = (host: number): string => `10.90.0.${host}`;
const macOf = (host: number): string => `02:62:6d:00:00:${host.toString(16).padStart(2, '0')}`;
/** Nobody has it: what is sent there is lost without a word, as on a cut cable. */
const deadMac = '02:62:6d:ff:ff:ff';

/** The end of a cable in its host: the address, and the way to each other host, cut or not. */
export const setWays = (
  pid: number,
  host: number,
  peers: readonly { readonly host: number; readonly isCut: boolean }[],
): Promise<void> =>
  runIp(
    pid,
    peers
      .filter((peer) => peer.host !== host)
      .map(
        (peer) =>
          `neigh replace ${addressOf(peer.host)} lladdr ${peer.isCut ? deadMac : macOf(peer.host)} nud permanent dev eth0`,
      ),
  );

/** Makes a switch without cables; `dir` is for a program that is compiled when the first cable is to be slow. */
export const openCables = async (dir: string): Promise<Cables> => {
  const holder = await openHolder({ namespaces: ['--net'], setup: '', args: [], groups: [] });
  await runIp(holder.pid, ['link add br0 type bridge', 'link set br0 up']);
  const wires = new Map<number, Program>();
  return {
    plug: (host, pid) => plug(holder, host, pid),
    unplug: async (host) => {
      await stopWire(holder, wires, host);
      await runHere([...enterNet(holder.pid), 'ip', 'link', 'delete', `v${host}`]).catch(() => {
        // The kernel takes it away with the namespace of its other end.
      });
    },
    setLink: (host, isUp) => runIp(holder.pid, [`link set v${host} ${isUp ? 'up' : 'down'}`]),
    setDelay: async (host, delayMs, lossPercent) => {
      await stopWire(holder, wires, host);
      if (delayMs === 0 && lossPercent === 0) return;
      wires.set(host, await startWire(holder, dir, host, delayMs, lossPercent));
    },
    remove: async () => {
      const ended = [...wires.values()].map(({ ended }) => ended);
      for (const wire of wires.values()) await wire.kill('SIGKILL');
      await holder.kill();
      await Promise.allSettled(ended);
    },
  };
};

const plug = async (holder: Holder, host: number, pid: number): Promise<void> => {
  await runIp(holder.pid, [
    `link add v${host} type veth peer name eth0 netns ${pid}`,
    `link set v${host} master br0`,
    `link set v${host} up`,
  ]);
  await runIp(pid, [
    `link set eth0 address ${macOf(host)}`,
    `address add ${addressOf(host)}/24 dev eth0`,
    'link set eth0 up',
    'link set lo up',
  ]);
};

/** Between the host's end and the switch go two more: one that the wire reads, one in the switch. */
const startWire = async (
  holder: Holder,
  dir: string,
  host: number,
  delayMs: number,
  lossPercent: number,
): Promise<Program> => {
  const program = join(dir, 'wire');
  if (!existsSync(program)) await runHere(['cc', '-O2', '-o', program, join(import.meta.dirname, 'wire.c')]);
  await runIp(holder.pid, [
    `link add x${host} type veth peer name y${host}`,
    `link set v${host} nomaster`,
    `link set y${host} master br0`,
    `link set x${host} up`,
    `link set y${host} up`,
  ]);
  const args = [`v${host}`, `x${host}`, `${delayMs}`, `${Math.round(lossPercent * 10)}`, `${host}`];
  // A network namespace is entered without a fork, so a shell takes the place of the child that is waited for.
  const wire = startProgram(
    [...enterNet(holder.pid), 'sh', '-c', '"$@"; :', 'wire', program, ...args],
    process.env,
    dir,
  );
  await wire.waitFor(/ready/);
  return wire;
};

const stopWire = async (holder: Holder, wires: Map<number, Program>, host: number): Promise<void> => {
  const wire = wires.get(host);
  if (wire === undefined) return;
  wires.delete(host);
  await wire.kill('SIGTERM');
  await wire.ended;
  await runIp(holder.pid, [`link delete x${host}`, `link set v${host} master br0`]);
};
