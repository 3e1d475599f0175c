import { Worker } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { artefactThreadData, artefactThreadUrl } from './main.ts';
import { type Answer, blockBytes, blockCount, type Order, type Reply, type Request } from './orders.ts';

/** What an intake hears of its blocks. */
export interface BlockListener {
  readonly onFree: (block: number) => void;
  /** Nothing more is written. */
  readonly onStuck: () => void;
}

/** One of the threads. */
export interface Thread {
  /** Never rejects: a thread that dies answers `failed`, with the code ETHREAD. */
  ask(order: Order): Promise<Answer>;
  post(request: Extract<Request, { readonly kind: 'block' }>): void;
  /** The number of a new intake. */
  listen(listener: BlockListener): number;
  unlisten(intake: number): void;
}

/** A few threads that hash and write, started as they are needed. They keep no process alive that has nothing else to do. */
export class ThreadPool {
  readonly #size: number;
  readonly #threads: PoolThread[] = [];
  /** Memory for blocks that nobody uses now. */
  readonly #spare: SharedArrayBuffer[] = [];
  #isClosed = false;

  constructor(size: number) {
    this.#size = size;
  }

  /** The thread that has the least to do. */
  choose(): Thread {
    const live = this.#threads.filter((thread) => thread.isAlive);
    this.#threads.splice(0, this.#threads.length, ...live);
    const idle = live.find((thread) => thread.load === 0);
    if (idle !== undefined) return idle;
    if (live.length < this.#size && !this.#isClosed) {
      const thread = new PoolThread();
      this.#threads.push(thread);
      return thread;
    }
    return live.toSorted((a, b) => a.load - b.load)[0] ?? deadThread;
  }

  ask(order: Order): Promise<Answer> {
    return this.choose().ask(order);
  }

  /** Memory that a thread shares with who fills it. */
  takeBlocks(): SharedArrayBuffer {
    return this.#spare.pop() ?? new SharedArrayBuffer(blockBytes * blockCount);
  }

  giveBlocks(blocks: SharedArrayBuffer): void {
    if (this.#spare.length < spareMax) this.#spare.push(blocks);
  }

  /** Ends the threads, whatever they are at. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

const spareMax = 8;

class PoolThread implements Thread {
  readonly #worker = new Worker(artefactThreadUrl(), { workerData: artefactThreadData, name: 'artefacts' });
  readonly #asked = new Map<number, (answer: Answer) => void>();
  readonly #listeners = new Map<number, BlockListener>();
  #lastId = 0;
  #isAlive = true;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (reply: Reply) => this.#hear(reply));
    this.#worker.on('error', (error) => this.#die(messageOf(error)));
    this.#worker.on('exit', () => this.#die('the thread ended'));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get load(): number {
    return this.#asked.size + this.#listeners.size;
  }

  ask(order: Order): Promise<Answer> {
    if (!this.#isAlive) return deadThread.ask(order);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#updateHold();
      this.#worker.postMessage({ kind: 'order', id, order } satisfies Request);
    });
  }

  post(request: Extract<Request, { readonly kind: 'block' }>): void {
    this.#worker.postMessage(request);
  }

  listen(listener: BlockListener): number {
    this.#lastId += 1;
    this.#listeners.set(this.#lastId, listener);
    this.#updateHold();
    return this.#lastId;
  }

  unlisten(intake: number): void {
    this.#listeners.delete(intake);
    this.#updateHold();
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Whoever waits for an answer, or for a block, wants to have it, also when there is nothing else left to do. */
  #updateHold(): void {
    if (this.load > 0) this.#worker.ref();
    else this.#worker.unref();
  }

  #hear(reply: Reply): void {
    switch (reply.kind) {
      case 'answer': {
        const resolve = this.#asked.get(reply.id);
        this.#asked.delete(reply.id);
        this.#updateHold();
        resolve?.(reply.answer);
        return;
      }
      case 'free':
        this.#listeners.get(reply.intake)?.onFree(reply.block);
        return;
      case 'stuck':
        this.#listeners.get(reply.intake)?.onStuck();
        return;
    }
  }

  #die(message: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    for (const resolve of this.#asked.values()) resolve({ kind: 'failed', code: 'ETHREAD', message });
    this.#asked.clear();
    for (const { onStuck } of this.#listeners.values()) onStuck();
  }
}

/** Stands for the threads of a pool that is closed. */
const deadThread: Thread = {
  ask: async () => ({ kind: 'failed', code: 'ETHREAD', message: 'the threads have been ended' }),
  post: () => undefined,
  listen: ({ onStuck }) => {
    queueMicrotask(onStuck);
    return 0;
  },
  unlisten: () => undefined,
};
