import type { HostId } from '../core/ids.ts';
import { backoffMs } from '../core/limits.ts';
import type { Clock } from './clock.ts';
import type { CallFailure } from './dial.ts';
import type { Directory, Target } from './directory.ts';
import type { MeshLimits } from './limits.ts';

/** What came of one call. `unwanted`: somebody answered, and one of the two ends does not want the other. */
export type CallEnd =
  | { readonly kind: 'met'; readonly host: HostId }
  | { readonly kind: 'unwanted' | CallFailure; readonly why: string };

interface DiallerOptions {
  readonly self: HostId;
  readonly directory: Directory;
  readonly limits: MeshLimits;
  readonly clock: Clock;
  /** Calls one address; `done` comes once, later. What comes back gives up. */
  readonly call: (address: string, done: (end: CallEnd) => void) => () => void;
  readonly isLinked: (host: HostId) => boolean;
  /** Nobody listens at any address of that host, as far as there is a way to it. */
  readonly onRefused: (host: HostId) => void;
}

/** How many of the addresses of one host refused, and of how many nothing can be said. */
interface Tally {
  readonly refused: number;
  readonly silent: number;
}

const addEnd = ({ refused, silent }: Tally, failure: CallFailure): Tally => {
  if (failure === 'refused') return { refused: refused + 1, silent };
  return failure === 'noWay' ? { refused, silent } : { refused, silent: silent + 1 };
};

/** So many failures that the pause is the longest one. */
const manyFailures = 16;

/** Calls everybody to whom there is no connection, again and again, less and less often. */
export class Dialler {
  readonly #options: DiallerOptions;
  #isStopped = false;

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  /** Someone to call, whom nobody has called before. */
  start(target: Target): void {
    if (target.cancel === undefined) this.#plan(target, 0);
  }

  /** A connection to that host is there: it need not be called. */
  rest(host: HostId): void {
    const target = this.#options.directory.find(host);
    if (target === undefined) return;
    target.hasMet = true;
    target.metAtMs = this.#options.clock.now();
    // A call that is under way may be the better connection of the two: that is for the core to say.
    if (target.isCalling) return;
    target.cancel?.();
    target.cancel = undefined;
  }

  /** The last connection to that host is gone, after so long. `isRefused`: it does not want this agent. */
  resume(host: HostId, upMs: number, isRefused: boolean): void {
    const target = this.#options.directory.find(host);
    if (target === undefined) return;
    target.metAtMs = this.#options.clock.now();
    if (isRefused) target.failures = manyFailures;
    else target.failures = upMs >= this.#options.limits.steadyMs ? 1 : target.failures + 1;
    this.#planAgain(target);
  }

  stop(): void {
    this.#isStopped = true;
    for (const target of this.#options.directory.list()) target.cancel?.();
  }

  #planAgain(target: Target): void {
    const { clock, limits } = this.#options;
    const jitter = 1 + limits.jitterShare * (2 * clock.random() - 1);
    this.#plan(target, backoffMs(limits.dialPause, Math.max(1, target.failures)) * jitter);
  }

  #plan(target: Target, pauseMs: number): void {
    const { self, clock, limits } = this.#options;
    if (this.#isStopped || target.isCalling) return;
    const isHigher = target.host !== undefined && target.host < self;
    target.cancel?.();
    target.cancel = clock.after(pauseMs + (isHigher ? limits.higherWaitMs : 0), () =>
      this.#callEach(target, target.addresses, { refused: 0, silent: 0 }),
    );
  }

  /** One address after the other, until somebody answers. */
  #callEach(target: Target, [address, ...rest]: readonly string[], tally: Tally): void {
    const { call, isLinked } = this.#options;
    target.cancel = undefined;
    if (this.#isStopped || (target.host !== undefined && isLinked(target.host))) return;
    if (address === undefined) {
      this.#fail(target, tally);
      return;
    }
    target.isCalling = true;
    target.cancel = call(address, (end) => {
      target.cancel = undefined;
      target.isCalling = false;
      target.why = end.kind === 'met' ? '' : `${address}: ${end.why}`;
      if (end.kind === 'met') this.#meet(target, address, end.host);
      else if (end.kind === 'unwanted') this.#resumeLate(target);
      else this.#callEach(target, rest, addEnd(tally, end.kind));
    });
  }

  #resumeLate(target: Target): void {
    target.failures = manyFailures;
    if (this.#options.directory.has(target)) this.#planAgain(target);
  }

  #meet(target: Target, address: string, host: HostId): void {
    const { directory, clock, isLinked } = this.#options;
    directory.meet(host, address, target, clock.now());
    for (const each of new Set([target, directory.find(host)])) {
      const isIdle = each !== undefined && !each.isCalling && each.cancel === undefined;
      // The connection may be gone again already, and another host be here than was called.
      const isWanted = each?.host === undefined || !isLinked(each.host);
      if (isIdle && isWanted && directory.has(each)) this.#planAgain(each);
    }
  }

  #fail(target: Target, { refused, silent }: Tally): void {
    const { directory, clock, limits, onRefused } = this.#options;
    target.failures = Math.min(manyFailures, target.failures + 1);
    if (target.host !== undefined && refused > 0 && silent === 0) onRefused(target.host);
    const isOld = clock.now() - target.metAtMs > limits.forgetMs;
    if (isOld && !target.isSeed) directory.forget(target);
    else if (directory.has(target)) this.#planAgain(target);
  }
}
