import { lstat, open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { HostId, PlanId, Token } from '../../src/core/ids.ts';
import { messageOf } from '../../src/errors.ts';
import { openPackageLogs } from '../../src/pkgsrc/build/log.ts';
import { isPkgName } from '../../src/pkgsrc/name.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import { isLogName } from './logReader.ts';
import { logPrefix } from './logRoute.ts';
import type { FilesPorts } from './ports.ts';

type LogPorts = Pick<FilesPorts, 'node' | 'host' | 'logDir' | 'isRunning' | 'log'>;

const listSchema = z
  .array(z.object({ name: z.string().refine(isLogName), sizeBytes: z.number().int().nonnegative() }))
  .max(64);

/** Of one log no more is brought: a person reads its head. */
const fileBytesMax = 16 * 2 ** 20;
const askMs = 10_000;
/** A log that does not come to its end by then is left as far as it came. */
const fileMs = 60_000;
const atOnceMax = 4;
const triesMax = 4;
const pauseMs = 1_000;

/**
 * Brings the logs of packages that failed elsewhere to this host, so that reports and `bulkmesh log` have them when that host is gone;
 * and takes away those of what was built elsewhere since, as a build of this host does.
 */
export class LogCollector {
  readonly #ports: LogPorts;
  readonly #signal: AbortSignal;
  /** The attempt of each package whose logs are here or on their way. */
  readonly #known = new Map<string, Token>();
  readonly #waiting: Fact[] = [];
  readonly #running = new Map<PlanId, number>();
  readonly #waiters: { readonly planId: PlanId; readonly resolve: () => void }[] = [];
  #count = 0;

  constructor(ports: LogPorts, signal: AbortSignal) {
    this.#ports = ports;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#tell(), { once: true });
  }

  /** A package of a build that is collected here has ended, here or elsewhere. */
  hear(fact: Fact): void {
    const { planId, task, token, origin } = fact;
    const key = `${planId} ${task}`;
    if (origin.host === this.#ports.host || this.#known.get(key) === token || !isPkgName(task)) return;
    this.#known.set(key, token);
    this.#waiting.push(fact);
    this.#running.set(planId, (this.#running.get(planId) ?? 0) + 1);
    this.#startSome();
  }

  /** Resolves when no log of that build is on its way. */
  collected(planId: PlanId): Promise<void> {
    if ((this.#running.get(planId) ?? 0) === 0 || this.#signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ planId, resolve }));
  }

  forget(planId: PlanId): void {
    for (const key of this.#known.keys()) if (key.startsWith(`${planId} `)) this.#known.delete(key);
  }

  #startSome(): void {
    while (this.#count < atOnceMax && !this.#signal.aborted) {
      const fact = this.#waiting.shift();
      if (fact === undefined) return;
      this.#count += 1;
      void this.#settle(fact).finally(() => {
        this.#count -= 1;
        const left = (this.#running.get(fact.planId) ?? 1) - 1;
        if (left > 0) this.#running.set(fact.planId, left);
        else this.#running.delete(fact.planId);
        this.#tell();
        this.#startSome();
      });
    }
  }

  async #settle({ planId, task, origin, outcome }: Fact): Promise<void> {
    // While it is built here the directory is that run's, and its logs are those to read.
    if (!isPkgName(task) || this.#ports.isRunning(task)) return;
    for (let tries = 1; !this.#signal.aborted; tries += 1) {
      try {
        if (outcome.kind === 'built') await this.#remove(task);
        else await this.#bring(planId, task, origin.host);
        return;
      } catch (error) {
        if (tries >= triesMax) {
          const detail = { task, host: origin.host, error: messageOf(error) };
          if (!this.#signal.aborted)
            this.#ports.log.warn(detail, 'the logs of a package that failed elsewhere');
          return;
        }
      }
      await delay(pauseMs * 2 ** (tries - 1), undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  async #remove(pkgname: PkgName): Promise<void> {
    const { logDir } = this.#ports;
    const found = await lstat(join(logDir, pkgname)).catch(() => undefined);
    if (found?.isDirectory() === true) await (await openPackageLogs(logDir, pkgname)).remove();
  }

  async #bring(planId: PlanId, pkgname: PkgName, host: HostId): Promise<void> {
    const { node, logDir } = this.#ports;
    const base = `${logPrefix}${encodeURIComponent(planId)}/${encodeURIComponent(pkgname)}/`;
    const question = { method: 'GET', path: base, timeoutMs: askMs, signal: this.#signal } as const;
    const files = listSchema.parse(await node.ask(host, question));
    if (files.length === 0) return;
    const logs = await openPackageLogs(logDir, pkgname);
    for (const { name } of files) {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(fileMs)]);
      const answer = await node.stream(host, `${base}${name}`, signal);
      await writeLog(logs.pathOf(name), answer);
    }
    await logs.release();
  }

  #tell(): void {
    const isOver = ({ planId }: { planId: PlanId }): boolean =>
      this.#signal.aborted || !this.#running.has(planId);
    for (const { resolve } of this.#waiters.filter(isOver)) resolve();
    const left = this.#waiters.filter((waiter) => !isOver(waiter));
    this.#waiters.splice(0, this.#waiters.length, ...left);
  }
}

const writeLog = async (path: string, answer: IncomingMessage): Promise<void> => {
  await using file = await open(path, 'wx', 0o644);
  let sizeBytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    const piece = chunk.subarray(0, fileBytesMax - sizeBytes);
    await file.appendFile(piece);
    sizeBytes += piece.length;
    if (sizeBytes >= fileBytesMax) break;
  }
  answer.destroy();
};
