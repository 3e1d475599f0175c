import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentFigures, AgentOrder, AgentSpec, AgentWord } from './words.ts';

type Word<Kind extends AgentWord['kind']> = Extract<AgentWord, { readonly kind: Kind }>;

/** An agent in a process of its own, as its bench has it. */
export interface Member {
  readonly name: string;
  readonly pid: number;
  readonly address: string;
  readonly startMs: Word<'ready'>['startMs'];
  /** When its process was asked for, Unix milliseconds. */
  readonly forkedAtMs: number;
  order(order: AgentOrder): void;
  /** The first word of that kind that suits from now on. Rejects when the process ends before. */
  next<Kind extends AgentWord['kind']>(
    kind: Kind,
    suits?: (word: Word<Kind>) => boolean,
  ): Promise<Word<Kind>>;
  /** The last one of a kind so far. */
  last<Kind extends AgentWord['kind']>(kind: Kind): Word<Kind> | undefined;
  measure(): Promise<AgentFigures>;
  stop(): Promise<void>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
}

const program = join(import.meta.dirname, 'agent.ts');

/** Starts an agent and waits until it listens. Its log is `<stateDir>.log`. */
export const startMember = async (spec: AgentSpec): Promise<Member> => {
  mkdirSync(join(spec.stateDir, '..'), { recursive: true });
  const log = openSync(`${spec.stateDir}.log`, 'a');
  const forkedAtMs = performance.timeOrigin + performance.now();
  const child = fork(program, [JSON.stringify(spec)], {
    stdio: ['ignore', 'ignore', log, 'ipc'],
    execArgv: process.env.BULKMESH_PROFILE === undefined ? [] : profile(process.env.BULKMESH_PROFILE),
  });
  closeSync(log);
  const member = new RunningMember(spec.name, child, forkedAtMs);
  await member.ready();
  return member;
};

/** With $BULKMESH_PROFILE each agent that is stopped leaves a CPU profile in that directory. */
const profile = (dir: string): string[] => ['--cpu-prof', `--cpu-prof-dir=${dir}`];

class RunningMember implements Member {
  readonly name: string;
  readonly forkedAtMs: number;
  readonly #child: ChildProcess;
  readonly #last = new Map<string, AgentWord>();
  readonly #waiters = new Set<(word: AgentWord) => void>();
  readonly #gone: Promise<unknown>;

  constructor(name: string, child: ChildProcess, forkedAtMs: number) {
    this.name = name;
    this.forkedAtMs = forkedAtMs;
    this.#child = child;
    this.#gone = once(child, 'exit');
    child.on('message', (word: AgentWord) => {
      this.#last.set(word.kind, word);
      for (const waiter of [...this.#waiters]) waiter(word);
    });
  }

  async ready(): Promise<void> {
    await this.next('ready');
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get address(): string {
    return this.last('ready')?.address ?? '';
  }

  get startMs(): Word<'ready'>['startMs'] {
    const ready = this.last('ready');
    if (ready === undefined) throw new Error(`${this.name} is not ready`);
    return ready.startMs;
  }

  order(order: AgentOrder): void {
    this.#child.send(order);
  }

  next<Kind extends AgentWord['kind']>(
    kind: Kind,
    suits: (word: Word<Kind>) => boolean = () => true,
  ): Promise<Word<Kind>> {
    return new Promise((resolve, reject) => {
      const waiter = (word: AgentWord): void => {
        if (!isOf(word, kind) || !suits(word)) return;
        this.#waiters.delete(waiter);
        resolve(word);
      };
      this.#waiters.add(waiter);
      void this.#gone.then(() => reject(new Error(`the agent ${this.name} has ended: see its log`)));
    });
  }

  last<Kind extends AgentWord['kind']>(kind: Kind): Word<Kind> | undefined {
    const word = this.#last.get(kind);
    return word !== undefined && isOf(word, kind) ? word : undefined;
  }

  async measure(): Promise<AgentFigures> {
    const figures = this.next('figures');
    this.order({ kind: 'measure' });
    return (await figures).figures;
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.order({ kind: 'stop' });
    await this.#gone;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}

const isOf = <Kind extends AgentWord['kind']>(word: AgentWord, kind: Kind): word is Word<Kind> =>
  word.kind === kind;
