import type { HostId } from '../../src/core/ids.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { listLinked } from '../mesh/node.ts';
import { type HostView, hostViewSchema } from './hostView.ts';
import type { MeshLine } from './ports.ts';

/** What another host told of itself last. */
interface Told {
  readonly view: HostView;
  readonly atMs: number;
}

/** What the other hosts tell of themselves, as far as it is known. */
export interface PeerViews {
  /**
   * Asks all that there is a connection to, at the same time, unless that was done less than `freshMs` ago; resolves within a good
   * second. Never rejects.
   */
  refresh(freshMs?: number): Promise<void>;
  find(host: string): Told | undefined;
  /** Why the last question was not answered; undefined: it was. */
  findTrouble(host: string): string | undefined;
}

/** A host that takes longer to say how it is does not hold up the others, milliseconds. */
const answerMs = 1_000;
/** What is not older is not asked for again, milliseconds. */
const freshMsMin = 250;
/** Hosts that are remembered: those of a mesh, and some that were. */
const toldMax = 1_024;

export const createPeerViews = (line: MeshLine): PeerViews => {
  const told = new Map<string, Told>();
  const troubles = new Map<string, string>();
  let asking: Promise<void> | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;

  const askOne = async (host: HostId): Promise<void> => {
    try {
      const view = readView(
        host,
        await line.ask(host, { method: 'GET', path: '/view', timeoutMs: answerMs }),
      );
      told.delete(host);
      told.set(host, { view, atMs: Date.now() });
      troubles.delete(host);
      for (const oldest of told.keys()) if (told.size > toldMax) told.delete(oldest);
    } catch (error) {
      troubles.set(host, describe(error));
    }
  };
  const askAll = async (): Promise<void> => {
    troubles.clear();
    const hosts = listLinked(line);
    await Promise.all(hosts.map(askOne));
    asking = undefined;
    askedAtMs = performance.now();
  };

  return {
    refresh: (freshMs = freshMsMin) => {
      if (asking === undefined && performance.now() - askedAtMs < freshMs) return Promise.resolve();
      asking ??= askAll();
      return asking;
    },
    find: (host) => told.get(host),
    findTrouble: (host) => troubles.get(host),
  };
};

const readView = (host: HostId, answer: unknown): HostView => {
  const checked = hostViewSchema.safeParse(answer);
  if (!checked.success) throw new Error('it tells of itself in a way that this version does not understand');
  if (checked.data.host !== host) throw new Error(`it tells of itself as ${checked.data.host}`);
  return checked.data;
};

const describe = (error: unknown): string => {
  const isLate = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
  if (isLate) return `no answer within ${answerMs / 1000} s`;
  return error instanceof BulkmeshError ? error.message : `no answer: ${messageOf(error)}`;
};
