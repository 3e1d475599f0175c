import type { RawData, WebSocket } from 'ws';
import type { HostId, SessionId } from '../core/ids.ts';
import { Bucket } from './bucket.ts';
import type { Clock } from './clock.ts';
import { type Closing, closingOf, codeOf } from './closing.ts';
import { decodeFrame, type Frame } from './codec.ts';
import type { Introduction } from './introduction.ts';
import type { MeshLimits } from './limits.ts';
import type { TroubleKind } from './trouble.ts';

interface LinkOptions {
  readonly socket: WebSocket;
  readonly session: SessionId;
  readonly theirs: Introduction;
  readonly isDialler: boolean;
  /** Where the other end is, as people know it. */
  readonly address: string;
  readonly keyId: string;
  readonly limits: MeshLimits;
  readonly clock: Clock;
  readonly onFrame: (link: Link, frame: Frame, sizeBytes: number) => void;
  /** The connection is gone, and not by `close`. `closing`: what the other end said. */
  readonly onDown: (link: Link, closing: Closing | undefined) => void;
  /** The other end misbehaved; the connection is gone, or goes at once. */
  readonly onTrouble: (link: Link, kind: TroubleKind, detail: string) => void;
}

/** One connection whose other end has said who it is. */
export class Link {
  readonly session: SessionId;
  readonly theirs: Introduction;
  readonly isDialler: boolean;
  readonly address: string;
  readonly keyId: string;
  readonly openedAtMs: number;
  /** Unix milliseconds, as the other end's hello was read. */
  readonly openedAtWallMs: number;
  /** Settles when the socket is closed, which is soon after the connection is over. */
  readonly gone: Promise<void>;
  /** Messages of kinds that this version does not know. */
  unknownCount = 0;
  readonly #options: LinkOptions;
  readonly #rate: Bucket;
  #heardAtMs: number;
  #badCount = 0;
  #isOver = false;
  #forgetSilence: () => void = () => undefined;
  #forgetQueue: (() => void) | undefined;

  constructor(options: LinkOptions) {
    const { socket, limits, clock } = options;
    this.#options = options;
    ({ session: this.session, theirs: this.theirs, isDialler: this.isDialler } = options);
    ({ address: this.address, keyId: this.keyId } = options);
    this.openedAtMs = clock.now();
    this.openedAtWallMs = clock.wall();
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
    this.#heardAtMs = this.openedAtMs;
    this.#rate = new Bucket(
      { perSecond: limits.messagesPerSecond, burst: limits.messagesBurst },
      this.openedAtMs,
    );
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary));
    // What nobody answers costs time all the same.
    socket.on('ping', () => this.#count());
    socket.on('pong', () => this.#count());
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', (code) => this.#end(closingOf(code)));
    this.#watchSilence();
  }

  get host(): HostId {
    return this.theirs.hello.life.host;
  }

  /** Sends what `encodeFrame` made, in one write. Nothing happens on a connection that is over. */
  send(bytes: Buffer): void {
    const { socket, limits } = this.#options;
    if (this.#isOver) return;
    socket.send(bytes);
    if (socket.bufferedAmount > limits.queueBytesMax) this.#dropSlow();
    else if (socket.bufferedAmount > limits.queueBytesLong) this.#watchQueue();
  }

  /** Takes the connection down and says why; `onDown` is not called. A silent end is not waited for. */
  close(closing: Closing): void {
    if (this.#isOver) return;
    this.#finish();
    if (closing === 'silent') this.#options.socket.terminate();
    else this.#options.socket.close(codeOf(closing));
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (this.#isOver || !this.#count()) return;
    this.#heardAtMs = this.#options.clock.now();
    const bytes = isBinary && data instanceof Buffer ? data : undefined;
    const decoded = bytes === undefined ? { kind: 'bad' as const, why: 'a text' } : decodeFrame(bytes);
    switch (decoded.kind) {
      case 'frame':
        // A second hello says nothing new.
        if (decoded.frame.kind === 'hello') this.#noteBad('a second hello');
        else this.#options.onFrame(this, decoded.frame, bytes?.length ?? 0);
        return;
      case 'unknown':
        this.unknownCount += 1;
        return;
      case 'bad':
        this.#noteBad(decoded.why);
        return;
    }
  }

  /** False when the other end has said too much in too short a time. */
  #count(): boolean {
    const { limits, clock } = this.#options;
    if (this.#rate.take(clock.now())) return true;
    this.#drop('fast', `more than ${limits.messagesPerSecond} messages a second`);
    return false;
  }

  #noteBad(why: string): void {
    this.#badCount += 1;
    if (this.#badCount >= this.#options.limits.badMessagesMax) this.#drop('bad', why);
  }

  /** Errors of the library that name what came are the other end's doing; others are the line's. */
  #fail(error: Error): void {
    const { code } = Object(error);
    if (typeof code === 'string' && code.startsWith('WS_ERR_')) this.#drop('bad', code);
  }

  #drop(kind: TroubleKind, detail: string): void {
    if (this.#isOver) return;
    const { socket, limits, clock, onTrouble, onDown } = this.#options;
    this.#finish();
    socket.close(codeOf('misbehaved'));
    // It may not even take that.
    clock.after(limits.closeMs, () => socket.terminate());
    onTrouble(this, kind, detail);
    onDown(this, undefined);
  }

  #dropSlow(): void {
    this.#cut('slow', `${this.#options.socket.bufferedAmount} bytes wait to be taken`);
  }

  /** Nothing that is sent would arrive. */
  #cut(kind: TroubleKind, detail: string): void {
    if (this.#isOver) return;
    this.#finish();
    this.#options.socket.terminate();
    this.#options.onTrouble(this, kind, detail);
    this.#options.onDown(this, undefined);
  }

  #end(closing: Closing | undefined): void {
    if (this.#isOver) return;
    this.#finish();
    this.#options.onDown(this, closing);
  }

  #finish(): void {
    this.#isOver = true;
    this.#forgetSilence();
    this.#forgetQueue?.();
  }

  #watchSilence(): void {
    const { limits, clock } = this.#options;
    const leftMs = this.#heardAtMs + limits.silentMs - clock.now();
    if (leftMs <= 0) this.#cut('silent', `no message for ${limits.silentMs} ms`);
    else this.#forgetSilence = clock.after(leftMs, () => this.#watchSilence());
  }

  /** Looks a few times in the time that a long queue may last, so that one that was short in between counts anew. */
  #watchQueue(looksLeft = 5): void {
    if (this.#forgetQueue !== undefined && looksLeft === 5) return;
    const { socket, limits, clock } = this.#options;
    this.#forgetQueue = clock.after(limits.queueLongMs / 5, () => {
      if (socket.bufferedAmount <= limits.queueBytesLong) this.#forgetQueue = undefined;
      else if (looksLeft <= 1) this.#dropSlow();
      else this.#watchQueue(looksLeft - 1);
    });
  }
}
