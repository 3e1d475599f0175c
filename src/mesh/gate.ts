import { isIPv6, type Socket } from 'node:net';
import { unwrapIp } from './address.ts';
import { Bucket } from './bucket.ts';
import type { Clock } from './clock.ts';
import type { MeshLimits } from './limits.ts';
import type { MeshTrouble } from './trouble.ts';

/** A socket that has come in and has yet to say, with the key, who it is. */
export interface Stranger {
  /** Its IP address. */
  readonly ip: string;
  /** It has shown the key, and has yet to ask something: when nothing comes of it, nobody needs to hear of that. */
  rest(): void;
  /** It has begun to say who it is. */
  begin(): void;
  /** It has said so: it may stay. */
  welcome(): void;
}

interface GateOptions {
  readonly limits: MeshLimits;
  readonly clock: Clock;
  readonly onTrouble: (trouble: MeshTrouble) => void;
}

/** Buckets of addresses beyond so many are looked through for those that may go. */
const bucketsMax = 1_024;

/** Who may come in: few at a time, few in a second from one place, and each for a short while until it has said who it is. */
export class Gate {
  readonly #options: GateOptions;
  readonly #strangers = new Map<string, { readonly socket: Socket; readonly stranger: Stranger }>();
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Takes a socket, or ends it. When there are too many, the one that has been a stranger for longest goes. */
  admit(socket: Socket): void {
    const { limits, clock } = this.#options;
    const ip = unwrapIp(socket.remoteAddress ?? '');
    if (ip === '' || !this.#takeCall(ip)) {
      if (ip !== '') this.#tell('flood', ip, `more than ${limits.callsPerSecond} calls a second`);
      socket.destroy();
      return;
    }
    const [oldest] = this.#strangers;
    if (this.#strangers.size >= limits.strangersMax && oldest !== undefined) {
      this.#tell('flood', oldest[1].stranger.ip, `more than ${limits.strangersMax} strangers at once`);
      oldest[1].socket.destroy();
      this.#strangers.delete(oldest[0]);
    }
    const name = nameSocket(socket);
    let isResting = false;
    const forget = clock.after(limits.greetMs, () => {
      if (!isResting) this.#tell('greeting', ip, 'it took too long');
      socket.destroy();
    });
    const rest = (): void => {
      isResting = true;
    };
    const begin = (): void => {
      isResting = false;
    };
    const welcome = (): void => {
      forget();
      if (this.#strangers.get(name)?.socket === socket) this.#strangers.delete(name);
    };
    this.#strangers.set(name, { socket, stranger: { ip, rest, begin, welcome } });
    socket.once('close', welcome);
  }

  /** The stranger behind a socket, by either end of TLS; undefined once it is none any more. */
  find(socket: Pick<Socket, 'remoteAddress' | 'remotePort' | 'localPort'>): Stranger | undefined {
    return this.#strangers.get(nameSocket(socket))?.stranger;
  }

  #takeCall(ip: string): boolean {
    const { limits, clock } = this.#options;
    const now = clock.now();
    if (this.#buckets.size >= bucketsMax) {
      for (const [place, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(place);
    }
    const place = placeOf(ip);
    const rate = { perSecond: limits.callsPerSecond, burst: limits.callsPerSecond };
    const bucket = this.#buckets.get(place) ?? new Bucket(rate, now);
    this.#buckets.set(place, bucket);
    return bucket.take(now);
  }

  #tell(kind: 'flood' | 'greeting', ip: string, detail: string): void {
    this.#options.onTrouble({ kind, address: ip, host: undefined, detail });
  }
}

const nameSocket = (socket: Pick<Socket, 'remoteAddress' | 'remotePort' | 'localPort'>): string =>
  `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;

/** One host has a whole /64 of IPv6 addresses. */
const placeOf = (ip: string): string => {
  if (!isIPv6(ip)) return ip;
  const [head = '', tail] = ip.split('%')[0]?.split('::') ?? [];
  const groups = head.split(':').filter((group) => group !== '');
  const after = tail === undefined ? 0 : tail.split(':').filter((group) => group !== '').length;
  const zeros = tail === undefined ? 0 : 8 - groups.length - after;
  const whole = [...groups, ...Array.from({ length: Math.max(0, zeros) }, () => '0')];
  return `${[...whole, ...(tail ?? '').split(':')].slice(0, 4).join(':')}::/64`;
};
