import type { Fact } from '../../src/core/facts/fact.ts';
import type { Event } from '../../src/core/input.ts';
import { messageOf } from '../../src/errors.ts';
import type { FarAnswers } from '../../src/pkgsrc/scan/elsewhere.ts';
import type { AdoptedPlan } from '../mesh/adoption.ts';
import type { ScanPart } from './part.ts';
import { decodeResult } from './result.ts';
import type { GetResult } from './results.ts';
import type { Scans } from './scans.ts';

interface GatherRequest {
  readonly adopted: AdoptedPlan;
  readonly part: ScanPart;
  readonly scans: Pick<Scans, 'watch'>;
  readonly getResult: GetResult;
  readonly sinceMs: number;
  readonly signal: AbortSignal;
  readonly take: (answers: FarAnswers) => Promise<void>;
  /** Tells the core of the plan. */
  begin(): void;
  hasLeft(): boolean;
  stop(): void;
  push(event: Event): void;
  onTrouble(text: string): void;
}

/**
 * Has a scan plan carried out, and takes in its results as they come. Resolves when each batch has its end and what it gave has been
 * taken in, as far as it is to be had. Rejects with the reason of the signal, and what `take` throws; the plan is stopped then, unless
 * this host alone leaves.
 */
export const gatherResults = async (request: GatherRequest): Promise<void> => {
  const { adopted, part, scans, getResult, sinceMs, signal, take, push } = request;
  const { planId } = adopted;
  signal.throwIfAborted();
  const open = new Set<string>(part.batches.keys());
  const jobs: Promise<void>[] = [];
  const done = Promise.withResolvers<void>();
  let turn = Promise.resolve();

  const takeResult = async (fact: Fact): Promise<void> => {
    const paths = part.batches.get(fact.task) ?? [];
    const bytes = await getResult(fact, signal);
    const { indexes, likeness, inside } = await decodeResult(bytes, paths);
    const isAlike = likeness === part.likeness;
    // One after the other: what takes them in is one scan.
    turn = turn.then(() => take({ indexes, sinceMs, inside: isAlike ? inside : undefined }));
    turn.catch(done.reject);
  };
  const hear = (fact: Fact): void => {
    if (!open.delete(fact.task)) return;
    if (fact.outcome.kind === 'built') {
      const job = takeResult(fact).catch((error: unknown) => {
        if (!signal.aborted) request.onTrouble(`${fact.task} is scanned here again: ${messageOf(error)}`);
      });
      jobs.push(job);
    } else {
      request.onTrouble(`no host could scan ${fact.task}, it is scanned here: ${fact.outcome.reason}`);
    }
    if (open.size === 0) done.resolve();
  };

  const onAbort = (): void => {
    if (!request.hasLeft()) push({ kind: 'planStopped', planId, mode: 'now' });
    done.reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const unwatch = scans.watch(planId, {
    hear,
    end: (ending) => {
      if (ending === 'stopped' && !signal.aborted) request.stop();
    },
  });
  try {
    request.begin();
    await done.promise;
    await Promise.all(jobs);
    await turn;
  } catch (error) {
    if (!signal.aborted) push({ kind: 'planStopped', planId, mode: 'now' });
    throw error;
  } finally {
    unwatch();
    signal.removeEventListener('abort', onAbort);
  }
};
