import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { codeOf } from './files.ts';
import { hashFile } from './hashing.ts';
import { ThreadIntake } from './intake.ts';
import { openRoot } from './openRoot.ts';
import type { Answer, Order, Reply, Request } from './orders.ts';
import { adoptFile, placeBlob, putBlobs } from './put.ts';
import { hashTree } from './treeHash.ts';

/** What tells a thread that hashes and writes from any other that begins with the same file. */
export const artefactThreadData = 'bulkmesh artefacts';

/** The file that the thread begins with: this one, or the bundle that it is in. */
export function artefactThreadUrl(): URL {
  return new URL(import.meta.url);
}

/** Does what the agent's own thread has no time for: reading, hashing and writing. */
class Keeper {
  readonly #intakes = new Map<number, ThreadIntake>();
  readonly #reply: (reply: Reply) => void;

  constructor(reply: (reply: Reply) => void) {
    this.#reply = reply;
  }

  async hear(request: Request): Promise<void> {
    if (request.kind === 'block') {
      const { intake, block, bytes } = request;
      const isWritten = this.#intakes.get(intake)?.write(block, bytes) === true;
      this.#reply(isWritten ? { kind: 'free', intake, block } : { kind: 'stuck', intake });
      return;
    }
    const { id, order } = request;
    try {
      this.#reply({ kind: 'answer', id, answer: await this.#carryOut(order) });
    } catch (error) {
      const answer: Answer = { kind: 'failed', code: codeOf(error), message: messageOf(error) };
      this.#reply({ kind: 'answer', id, answer });
    }
  }

  async #carryOut(order: Order): Promise<Answer> {
    switch (order.kind) {
      case 'openRoot':
        return openRoot(order);
      case 'hashFile':
        return hashFile(order.path, order.algorithms, order.bytesPerSecond);
      case 'openIntake': {
        const intake = new ThreadIntake(order.spec);
        this.#intakes.set(order.intake, intake);
        return { kind: 'intakeOpened', offsetBytes: await intake.resume() };
      }
      case 'restartIntake':
        this.#intakes.get(order.intake)?.restart();
        return { kind: 'intakeOpened', offsetBytes: 0 };
      case 'endIntake': {
        const intake = this.#intakes.get(order.intake);
        this.#intakes.delete(order.intake);
        if (intake === undefined) return { kind: 'failed', code: 'ENOINTAKE', message: 'no such intake' };
        return intake.end(order.how);
      }
      case 'putBlobs':
        return putBlobs(order.root, order.blobs);
      case 'adoptFile':
        return adoptFile(order);
      case 'placeBlob':
        return placeBlob(order.blob, order.place);
      case 'hashTree':
        return hashTree(order);
    }
  }
}

const serveOrders = (port: MessagePort): void => {
  const keeper = new Keeper((reply) => port.postMessage(reply));
  port.on('message', (request: Request) => void keeper.hear(request));
};

if (!isMainThread && workerData === artefactThreadData && parentPort !== null) serveOrders(parentPort);
