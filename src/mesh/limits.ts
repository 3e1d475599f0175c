import type { Backoff } from '../core/limits.ts';

/** Every bound and timer of the transport. */
export interface MeshLimits {
  /** The largest message, and the largest hello, bytes. */
  readonly messageBytesMax: number;
  readonly helloBytesMax: number;
  /** All headers of one HTTP request. */
  readonly headerBytesMax: number;
  /** For the body of a request, from when its headers are there. */
  readonly bodyMs: number;
  /** For TCP alone, by whoever calls. */
  readonly connectMs: number;
  /** For TLS and the hello together, at either end. */
  readonly greetMs: number;
  /** Sockets that have not shown the key yet, and new ones from one address in a second. */
  readonly strangersMax: number;
  readonly callsPerSecond: number;
  readonly dialPause: Backoff;
  /** Each pause is longer or shorter by this share at most. */
  readonly jitterShare: number;
  /** A connection that lasted so long has pauses begin anew. */
  readonly steadyMs: number;
  /** The higher host of a pair lets the lower one call first. */
  readonly higherWaitMs: number;
  /** What waits to be sent on one connection: for so long at most that much, and never more than `queueBytesMax`. */
  readonly queueBytesLong: number;
  readonly queueLongMs: number;
  readonly queueBytesMax: number;
  readonly messagesPerSecond: number;
  readonly messagesBurst: number;
  readonly badMessagesMax: number;
  readonly banMs: number;
  /** A connection without a single message for so long is taken down. */
  readonly silentMs: number;
  /** Between two tellings of all peers to one of them. */
  readonly peersMs: number;
  /** Hosts that nobody has met for so long are called no more. */
  readonly forgetMs: number;
  readonly hostsMax: number;
  readonly addressesMax: number;
  /** How long the other end of a connection that is being closed may take to say so too. */
  readonly closeMs: number;
}

const mib = 2 ** 20;

/** The defaults, each with its reason. */
export const defaultMeshLimits: MeshLimits = {
  // 500 entries of a journal are 300 kB; files do not travel in messages.
  messageBytesMax: mib,
  helloBytesMax: 4_096,
  // An upgrade has a dozen short ones.
  headerBytesMax: 4_096,
  // The longest is an order of some megabytes, from a host whose cores all compile.
  bodyMs: 60_000,
  // A packet that is lost twice is sent again after three seconds.
  connectMs: 5_000,
  // Milliseconds on an idle host, a second on one whose cores all compile.
  greetMs: 5_000,
  strangersMax: 64,
  // An agent that starts calls each host once, twice during a rotation of keys, and opens up to eight connections for files;
  // several agents may be on one host.
  callsPerSecond: 40,
  dialPause: { firstMs: 500, factor: 2, capMs: 30_000 },
  jitterShare: 0.5,
  steadyMs: 60_000,
  higherWaitMs: 1_000,
  // Two seconds of a 32 Mbit line; whoever is further behind learns more from a new start than from old messages.
  queueBytesLong: 8 * mib,
  queueLongMs: 5_000,
  queueBytesMax: 64 * mib,
  // A hundred times what a busy mesh of a hundred hosts needs; the burst is a host that wakes up.
  messagesPerSecond: 2_000,
  messagesBurst: 10_000,
  badMessagesMax: 3,
  banMs: 60_000,
  // The core is sooner: this is for a peer that sends the bytes of one message for ever.
  silentMs: 30_000,
  peersMs: 30_000,
  forgetMs: 86_400_000,
  hostsMax: 1_024,
  addressesMax: 16,
  closeMs: 1_000,
};
