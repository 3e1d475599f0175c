import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Member, startMember } from './member.ts';
import { makeNoopPlan } from './plan.ts';
import type { AgentSpec, NoopTask } from './words.ts';

export interface CrewOptions {
  readonly slots: number;
  readonly task: NoopTask;
  /** The first agent is to lead rather than others. */
  readonly isPreferred: boolean;
}

/** The agents of one bench on 127.0.0.1, each with a process and a state directory of its own. */
export class Crew {
  readonly dir: string;
  readonly #members = new Map<string, Member>();

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Those that run, in the order of their start. */
  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** Starts an agent, or one that was killed, by its name; it calls those that run. */
  async start(name: string, options: CrewOptions & Partial<Pick<AgentSpec, 'resumes'>>): Promise<Member> {
    const member = await startMember({
      ...{ resumes: false, ...options, name },
      ...{ stateDir: this.stateDir(name), keyFile: join(this.dir, 'mesh.key') },
      seeds: this.members.map(({ address }) => address),
    });
    this.#members.set(name, member);
    return member;
  }

  /** So many, that all know each other. */
  async startAll(count: number, options: CrewOptions): Promise<readonly Member[]> {
    for (let number = 1; number <= count; number += 1) await this.start(`h${number}`, options);
    await this.meet();
    return this.members;
  }

  /** Waits until all that run know each other. */
  async meet(): Promise<void> {
    const { members } = this;
    if (members.length > 1) await Promise.all(members.map((member) => waitForAlive(member, members.length)));
  }

  async kill(member: Member): Promise<void> {
    this.#members.delete(member.name);
    await member.kill();
  }

  stateDir(name: string): string {
    return join(this.dir, name);
  }

  /** Writes a plan of packages that need nothing of each other, and returns its file. */
  async layPlan(build: string, packages: number, estimateMs: number): Promise<string> {
    const file = join(this.dir, `${build}.plan`);
    await writeFile(file, makeNoopPlan(build, packages, estimateMs).text);
    return file;
  }

  async remove(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A crew without agents, with a key, below the temporary directory. */
export const openCrew = async (): Promise<Crew> => {
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-bench-noop-'));
  await writeFile(join(dir, 'mesh.key'), `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  return new Crew(dir);
};

const waitForAlive = async (member: Member, hosts: number): Promise<void> => {
  const heard = member.next('alive', (word) => word.hosts >= hosts);
  if ((member.last('alive')?.hosts ?? 1) >= hosts) return;
  await heard;
};
