import { randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NetHost } from './host.ts';
import { createNet, type Net } from './net.ts';
import type { Program } from './program.ts';
import { makeKit } from './quickTree.ts';
import { waitForHosts } from './views.ts';

export interface MeshOptions {
  /** A directory of the caller's, who also removes it. */
  readonly dir: string;
  readonly hosts: number;
  readonly slots: number;
  /** Lays the tree that is built. */
  readonly layTree: (dir: string) => Promise<void>;
  readonly disksMiB?: Readonly<Record<number, number>>;
  /** Lines of the section `build`, and sections of their own, for the host that builds are submitted from. */
  readonly build?: string;
  readonly sections?: string;
}

/**
 * Hosts with an agent each. Host 1 leads as long as it lives, host 2 has the tree and the kit, and builds are submitted there;
 * the others have the program and the mesh key, nothing else.
 */
export interface Mesh {
  readonly net: Net;
  /** The directory that is each host's own, by its name there. */
  readonly place: string;
  /** Starts the agent of a host and waits until it is ready. */
  startAgent(host: number, ...words: readonly string[]): Promise<Program>;
  /** Starts those of all hosts that there are, the one that leads before the others. */
  startAgents(): Promise<void>;
  /** The agent that was started there last. */
  agent(host: number): Program;
  /** One more host, without an agent yet. */
  addHost(): Promise<NetHost>;
  /** `bulkmesh ARGS` on a host, with the configuration of its agent. */
  bulkmesh(host: number, ...words: readonly string[]): Program;
  /** Where a host has its packages, as seen from this machine. */
  packagesDir(host: number): string;
  stateDir(host: number): string;
  /** With $BULKMESH_LOGS the logs of all agents are kept in that directory. */
  remove(): Promise<void>;
}

/** The host that leads, and the one that builds are submitted from. */
export const leader = 1;
export const submitter = 2;

export const layMesh = async (options: MeshOptions): Promise<Mesh> => {
  const { dir, hosts, layTree, disksMiB } = options;
  const place = join(dir, 'content');
  const net = await createNet({ dir, hosts, place, ...(disksMiB === undefined ? {} : { disksMiB }) });
  const mesh = new RunningMesh(net, place, options.slots, `${randomBytes(32).toString('hex')}\n`);
  try {
    for (let host = 1; host <= hosts; host += 1) await mesh.layKey(host);
    await net.host(leader).write('state/bulkmesh.toml', leaderConfig(options.slots));
    await mkdir(net.host(leader).path('pkgsrc'));
    const home = net.host(submitter);
    await home.write('state/bulkmesh.toml', submitterConfig(options));
    await layTree(join(dir, 'tree'));
    await cp(join(dir, 'tree'), home.path('pkgsrc'), { recursive: true });
    await makeKit(join(dir, 'bootstrap.tar.gz'));
    await cp(join(dir, 'bootstrap.tar.gz'), home.path('bootstrap.tar.gz'));
    await mkdir(home.path('packages/All'), { recursive: true });
    return mesh;
  } catch (error) {
    await net.destroy();
    throw error;
  }
};

const leaderConfig = (slots: number): string => `[paths]
pkgsrc = "../pkgsrc"
packages = "../packages"
distfiles = "../distfiles"
bulklog = "../bulklog"
state = "bulkmesh"
[pkgsrc]
build_user = "nobody"
[build]
slots = ${slots}
[mesh]
key = "../mesh.key"
join = ["h${submitter}"]
coordinate = "prefer"
`;

const submitterConfig = ({ slots, build, sections }: MeshOptions): string => `[paths]
pkgsrc = "../pkgsrc"
packages = "../packages"
distfiles = "../distfiles"
bulklog = "../bulklog"
state = "bulkmesh"
[pkgsrc]
bootstrap_kit = "../bootstrap.tar.gz"
prefix = "/usr/pkg"
build_user = "nobody"
[build]
slots = ${slots}
${build ?? 'fetch_tries = 1'}
[mesh]
key = "../mesh.key"
join = ["h${leader}"]
${sections ?? ''}
`;

class RunningMesh implements Mesh {
  readonly net: Net;
  readonly place: string;
  readonly #slots: number;
  readonly #key: string;
  readonly #agents = new Map<number, Program>();
  readonly #lives: { readonly host: number; readonly agent: Program }[] = [];

  constructor(net: Net, place: string, slots: number, key: string) {
    this.net = net;
    this.place = place;
    this.#slots = slots;
    this.#key = key;
  }

  layKey(host: number): Promise<void> {
    return this.net.host(host).write('mesh.key', this.#key, 0o600);
  }

  async addHost(): Promise<NetHost> {
    const host = await this.net.addHost();
    await this.layKey(host.number);
    return host;
  }

  async startAgent(host: number, ...words: readonly string[]): Promise<Program> {
    const agent = this.net.host(host).bulkmesh('agent', '--json', ...this.#describeAgent(host), ...words);
    this.#agents.set(host, agent);
    this.#lives.push({ host, agent });
    await agent.waitFor(/the agent is ready/);
    return agent;
  }

  async startAgents(): Promise<void> {
    const first = await this.startAgent(leader);
    await first.waitFor(/"this host coordinates"/);
    const others = this.net.listHosts().filter((host) => host.number !== leader);
    await Promise.all(others.map(({ number }) => this.startAgent(number)));
    await waitForHosts(this, submitter, others.length + 1);
  }

  #describeAgent(host: number): readonly string[] {
    if (host === leader || host === submitter) return ['--config', this.#config];
    const seeds = [leader, submitter].flatMap((seed) => ['--join', `h${seed}`]);
    const key = ['--key', join(this.place, 'mesh.key')];
    return [...seeds, ...key, '--state', join(this.place, 'state'), '--slots', `${this.#slots}`];
  }

  get #config(): string {
    return join(this.place, 'state/bulkmesh.toml');
  }

  agent(host: number): Program {
    const agent = this.#agents.get(host);
    if (agent === undefined) throw new Error(`h${host} has no agent`);
    return agent;
  }

  bulkmesh(host: number, ...words: readonly string[]): Program {
    return this.net.host(host).bulkmesh('--config', this.#config, ...words);
  }

  packagesDir(host: number): string {
    const isOfOwn = host === leader || host === submitter;
    return this.net.host(host).path(isOfOwn ? 'packages/All' : 'state/packages/All');
  }

  stateDir(host: number): string {
    return this.net.host(host).path('state/bulkmesh');
  }

  async remove(): Promise<void> {
    await this.net.destroy();
    const { BULKMESH_LOGS: dir } = process.env;
    if (dir === undefined) return;
    await mkdir(dir, { recursive: true });
    for (const [life, { host, agent }] of this.#lives.entries()) {
      await writeFile(join(dir, `h${host}-${life + 1}.log`), agent.output());
    }
  }
}
