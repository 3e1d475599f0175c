import { setTimeout as delay } from 'node:timers/promises';
import type { FetchTrouble } from '../../core/input.ts';
import { BulkmeshError, messageOf } from '../../errors.ts';
import type { Sha256 } from '../sha256.ts';
import type { Reservation } from '../store/disk.ts';
import type { Intake } from '../store/intake.ts';
import type { BlobStore } from '../store/store.ts';
import type { Peer } from './peer.ts';
import { type Halt, type Pass, transferOnce } from './transfer.ts';

/** A blob that is wanted. */
export interface Wanted {
  readonly sha256: Sha256;
  /** Undefined: it is not known, and may be up to `maxBytes`. */
  readonly sizeBytes: number | undefined;
  readonly maxBytes: number;
}

export type Fetched =
  | { readonly kind: 'fetched'; readonly sha256: Sha256; readonly sizeBytes: number }
  | { readonly kind: 'notFetched'; readonly why: FetchTrouble; readonly detail: string };

export interface Single extends Wanted {
  readonly store: BlobStore;
  readonly peer: Peer;
  readonly signal: AbortSignal;
}

/** Fetches one blob from one peer. Rejects only with the reason of the signal; what came until then stays for the next try. */
export const fetchSingle = async (single: Single): Promise<Fetched> => {
  const { store, sha256, signal } = single;
  signal.throwIfAborted();
  let intake: Intake;
  try {
    intake = await store.receive(sha256, single.sizeBytes ?? single.maxBytes);
  } catch (error) {
    return explain(error);
  }
  const room = new RoomFor(single);
  try {
    return await fetchInto(single, intake, room);
  } catch (error) {
    await intake.close('keep');
    signal.throwIfAborted();
    return explain(error);
  } finally {
    room.release();
  }
};

const fetchInto = async (single: Single, intake: Intake, room: RoomFor): Promise<Fetched> => {
  const { sizeBytes, store } = single;
  if (sizeBytes !== undefined && !(await room.keep(sizeBytes))) {
    // What is on the disk of it is better used otherwise.
    await intake.close('discard');
    return failed('full', 'the disk is nearly full');
  }
  const patience = new Patience(single);
  // Bytes of an earlier try may be another peer's, or what a power cut left: this one is not blamed for them.
  let isMixed = intake.sizeBytes > 0;
  for (;;) {
    const before = intake.sizeBytes;
    const pass: Pass =
      sizeBytes !== undefined && before === sizeBytes
        ? { kind: 'whole' }
        : await transferOnce({
            ...single,
            intake,
            limits: store.limits,
            onSize: (size) => room.keep(size),
            onWritten: (written) => room.note(written),
          });
    if (before > 0 && intake.sizeBytes < before) isMixed = false;
    if (pass.kind === 'whole') {
      const done = await intake.commit();
      if (done.kind === 'stored') return { kind: 'fetched', sha256: done.sha256, sizeBytes: done.sizeBytes };
      return isMixed ? fetchSingle(single) : failed('corrupt', `its bytes hash to ${done.sha256}`);
    }
    if (pass.kind === 'restart') {
      if (before === 0) return giveUp(intake, 'discard', failed('corrupt', 'it refuses the whole file'));
      await intake.restart();
      isMixed = false;
      continue;
    }
    const end = await judgePass(pass, intake, patience, before);
    if (end !== undefined) return end;
  }
};

/** Undefined: once more. */
const judgePass = async (
  pass: Halt,
  intake: Intake,
  patience: Patience,
  before: number,
): Promise<Fetched | undefined> => {
  switch (pass.kind) {
    case 'gone':
      return giveUp(intake, 'keep', failed('gone', 'it does not have the file'));
    case 'lie':
      return giveUp(intake, 'keep', failed('corrupt', pass.detail));
    case 'stuck':
      return failWrite(intake);
    case 'busy':
      if (await patience.waitBusy(pass.pauseMs)) return undefined;
      return giveUp(intake, 'keep', failed('unreachable', 'it is busy'));
    case 'broken':
      if (await patience.waitBroken(intake.sizeBytes - before)) return undefined;
      return giveUp(intake, 'keep', failed('unreachable', pass.detail));
  }
};

const giveUp = async (intake: Intake, how: 'keep' | 'discard', outcome: Fetched): Promise<Fetched> => {
  await intake.close(how);
  return outcome;
};

/** The end of the intake says what the matter is; without one it was the room that was asked for. */
const failWrite = async (intake: Intake): Promise<Fetched> => {
  if (!intake.isStuck) return giveUp(intake, 'discard', failed('full', 'the disk is nearly full'));
  try {
    await intake.commit();
    return failed('full', 'the file could not be written');
  } catch (error) {
    return explain(error);
  }
};

const failed = (why: FetchTrouble, detail: string): Fetched => ({ kind: 'notFetched', why, detail });

/** Trouble of this host: a disk that takes no file is as good as full. */
export const explain = (error: unknown): Fetched => {
  if (!(error instanceof BulkmeshError)) throw error;
  return failed('full', messageOf(error));
};

/** The room that is kept for a blob. */
class RoomFor {
  readonly #store: BlobStore;
  #reservation: Reservation | undefined;

  constructor({ store }: Single) {
    this.#store = store;
  }

  async keep(sizeBytes: number): Promise<boolean> {
    this.#reservation ??= await this.#store.reserve(sizeBytes);
    return this.#reservation !== undefined;
  }

  note(writtenBytes: number): void {
    this.#reservation?.note(writtenBytes);
  }

  release(): void {
    this.#reservation?.release();
  }
}

/** How often, and how long, one peer is tried. */
class Patience {
  readonly #single: Single;
  readonly #busyUntilMs: number;
  #breaks = 0;

  constructor(single: Single) {
    this.#single = single;
    this.#busyUntilMs = performance.now() + single.store.limits.busyMs;
  }

  async waitBusy(pauseMs: number): Promise<boolean> {
    // Many who were sent away together do not come again together.
    const waitMs = pauseMs * (0.5 + Math.random());
    if (performance.now() + waitMs > this.#busyUntilMs) return false;
    await delay(waitMs, undefined, { signal: this.#single.signal });
    return true;
  }

  async waitBroken(broughtBytes: number): Promise<boolean> {
    const { breaksMax, breakPauseMs, paceBytes } = this.#single.store.limits;
    this.#breaks = broughtBytes >= paceBytes ? 0 : this.#breaks + 1;
    if (this.#breaks >= breaksMax) return false;
    await delay(breakPauseMs * 2 ** this.#breaks * (0.5 + Math.random()), undefined, {
      signal: this.#single.signal,
    });
    return true;
  }
}
