import { z } from 'zod';
import type { HostId } from '../core/ids.ts';
import type { Hello } from '../core/message.ts';
import { isSharedAddress } from './address.ts';
import { isLine, isWord } from './names.ts';
import * as part from './schemaParts.ts';

/** What two agents tell each other of themselves before anything else: what the core wants to know, and more. */
export interface Introduction {
  readonly hello: Hello;
  /** Where it listens: at these addresses (`formatAddress`), and at this port of the one it calls from; 0: nowhere. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** What people call this host: printable ASCII. */
  readonly name: string;
  /** Of its program. */
  readonly version: string;
  /** Its wall clock, Unix milliseconds, as this is sent. */
  readonly wallMs: number;
  /** Digests of what builds stand on (its tree, its kit, its configuration), by names that agents agree on. */
  readonly grounds: Readonly<Record<string, string>>;
}

/** A host, and where it has been reached or says that it can be. */
export interface KnownPeer {
  readonly host: HostId;
  readonly addresses: readonly string[];
}

/** What the transport says for itself; everything else are messages of the core. */
export type TransportFrame =
  /** The first one in each direction. */
  | ({ readonly kind: 'hello' } & Introduction)
  /** Hosts that the sender has met. */
  | { readonly kind: 'peers'; readonly peers: readonly KnownPeer[] };

const line = z.custom<string>(isLine);
const word = z.custom<string>(isWord);
const addresses = z
  .array(z.custom<string>((text) => typeof text === 'string' && isSharedAddress(text)))
  .max(16);

const helloSchema: z.ZodType<Hello> = z.object({
  life: part.lifeSchema,
  mesh: word,
  protocol: z.object({ oldest: part.countSchema, newest: part.countSchema }),
  platform: word,
  eligibility: z.enum(['prefer', 'allow', 'never']),
  runs: part.countSchema,
  cores: part.sizeSchema,
});

const peerSchema: z.ZodType<KnownPeer> = z.object({ host: part.hostSchema, addresses });

/** What each kind of frame of the transport must be. */
export const transportSchemas: {
  readonly [Kind in TransportFrame['kind']]: z.ZodType<Extract<TransportFrame, { readonly kind: Kind }>>;
} = {
  hello: z.object({
    kind: z.literal('hello'),
    hello: helloSchema,
    addresses,
    port: part.countSchema.max(65_535),
    name: line,
    version: line,
    wallMs: part.amountSchema,
    grounds: z.record(word, line),
  }),
  peers: z.object({ kind: z.literal('peers'), peers: part.listOf(peerSchema) }),
};
