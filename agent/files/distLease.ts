import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type HostId, hostId } from '../../src/core/ids.ts';
import { isDistfileName } from '../../src/pkgsrc/build/distfiles.ts';
import { readJson, refuse, sendJson } from '../mesh/answers.ts';
import type { FilesPorts } from './ports.ts';

export const leaseRoute = '/distlease';

const wishSchema = z.object({
  file: z.string().max(500).refine(isDistfileName),
  host: z.string().min(1).max(200).transform(hostId),
  /** It has the file now, or has given it up. */
  isDone: z.boolean(),
});
const answerSchema = z.discriminatedUnion('kind', [
  /** `last`: who had the right before, and so may have the file by now. */
  z.object({ kind: z.literal('granted'), last: z.string().transform(hostId).optional() }),
  z.object({ kind: z.literal('wait'), holder: z.string() }),
]);

/** Whether a host may get a file from outside. */
type LeaseAnswer = z.output<typeof answerSchema>;
type LeaseWish = z.output<typeof wishSchema>;

const leaseMs = 60_000;
const renewMs = 20_000;
/** Whoever had the last right to a file is remembered for so long. */
const rememberMs = 3_600_000;
const askMs = 5_000;
const bodyBytesMax = 4_096;

interface Lease {
  readonly host: HostId;
  /** Monotonic, milliseconds. */
  untilMs: number;
}

/**
 * Which host gets which distribution file from outside, as the coordinator's host keeps it: in memory alone. When another one leads,
 * its table is empty, and a file may be fetched twice.
 */
export class LeaseTable {
  readonly #leases = new Map<string, Lease>();

  /** Takes, renews or ends a right. */
  ask({ file, host, isDone }: LeaseWish): LeaseAnswer {
    const nowMs = performance.now();
    for (const [name, { untilMs }] of this.#leases) {
      if (nowMs - untilMs > rememberMs) this.#leases.delete(name);
    }
    const lease = this.#leases.get(file);
    const isTaken = lease !== undefined && lease.untilMs > nowMs && lease.host !== host;
    if (isDone) {
      if (lease?.host === host) lease.untilMs = nowMs;
      return { kind: 'granted' };
    }
    if (isTaken) return { kind: 'wait', holder: lease.host };
    this.#leases.set(file, { host, untilMs: nowMs + leaseMs });
    return { kind: 'granted', last: lease?.host };
  }

  /** `POST /distlease`. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const wish = wishSchema.safeParse(await readJson(request, bodyBytesMax));
    if (request.method !== 'POST' || !wish.success) return refuse(response, 400, 'no wish for a lease');
    sendJson(response, this.ask(wish.data));
  }
}

type LeasePorts = Pick<FilesPorts, 'node' | 'host' | 'core'>;

/** Asks the coordinator's host. Without one, or without an answer, everybody goes on alone. */
export const askLease = async (
  { node, host, core }: LeasePorts,
  table: LeaseTable,
  wish: Pick<LeaseWish, 'file' | 'isDone'>,
  signal: AbortSignal,
): Promise<LeaseAnswer> => {
  const leader = core.findLeader();
  const body = { ...wish, host };
  if (leader === host) return table.ask(body);
  if (leader === undefined) return { kind: 'granted' };
  const question = { method: 'POST', path: leaseRoute, body, timeoutMs: askMs, signal } as const;
  const said = await node.ask(leader, question).catch(() => undefined);
  signal.throwIfAborted();
  return answerSchema.safeParse(said).data ?? { kind: 'granted' };
};

/** Keeps a right that was granted until it is disposed of. */
export const keepLease = (
  ports: LeasePorts,
  table: LeaseTable,
  file: string,
  signal: AbortSignal,
): Disposable => {
  const tell = (isDone: boolean): void => {
    askLease(ports, table, { file, isDone }, signal).catch(() => undefined);
  };
  const timer = setInterval(() => tell(false), renewMs);
  timer.unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      tell(true);
    },
  };
};
