import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, vi } from 'vitest';
import { hostId, type SessionId } from '../../../src/core/ids.ts';
import type { Message } from '../../../src/core/message.ts';
import { formatAddress } from '../../../src/mesh/address.ts';
import type { Introduction } from '../../../src/mesh/introduction.ts';
import { type KeyRing, readKeyRing } from '../../../src/mesh/key.ts';
import { defaultMeshLimits, type MeshLimits } from '../../../src/mesh/limits.ts';
import type { MeshEvent } from '../../../src/mesh/links.ts';
import { openTransport, type Transport, type TransportOptions } from '../../../src/mesh/transport.ts';
import type { MeshTrouble } from '../../../src/mesh/trouble.ts';
import { useScratch } from '../../store/scratch.ts';

/** The pauses of a test: as in the product, and shorter. */
const quickLimits: MeshLimits = {
  ...defaultMeshLimits,
  dialPause: { firstMs: 20, factor: 2, capMs: 200 },
  higherWaitMs: 100,
  // One process is many hosts here, all of one address.
  callsPerSecond: 1_000,
};

/** One host of a test. */
export interface Member {
  readonly transport: Transport;
  readonly address: string;
  readonly events: MeshEvent[];
  readonly troubles: MeshTrouble[];
  /** Whom it is connected with now, in order. */
  peers(): readonly string[];
  /** Its session with that host. */
  sessionWith(name: string): SessionId;
  /** What that host has sent, in order. */
  heard(): readonly Message[];
}

export interface MemberOptions extends Partial<Omit<TransportOptions, 'limits'>> {
  readonly limits?: Partial<MeshLimits>;
  readonly says?: Partial<Introduction>;
  readonly mesh?: string;
  readonly incarnation?: number;
}

export const keyA = 'a1'.repeat(32);
export const keyB = 'b2'.repeat(32);

/** Hosts on loopback, all gone after each test. */
export const useMesh = () => {
  const scratch = useScratch();
  const members: Transport[] = [];
  afterEach(async () => {
    await Promise.all(members.splice(0).map((transport) => transport.stop()));
  });
  const ring = (current: string, previous?: string): KeyRing => {
    const file = join(scratch(), 'mesh.key');
    const first = previous ?? current;
    const named = readMeshId(join(scratch(), 'first.key'), first);
    const lines = [current, ...(previous ? [`previous ${previous}`, `mesh ${named}`] : [])];
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    return demand(readKeyRing(file));
  };
  const join_ = async (name: string, seeds: readonly string[], options: MemberOptions = {}) => {
    const member = await openMember(name, seeds, { ...options, keys: options.keys ?? ring(keyA) });
    members.push(member.transport);
    return member;
  };
  return { open: join_, ring };
};

const openMember = async (
  name: string,
  seeds: readonly string[],
  { limits, says, mesh, incarnation = 1, ...options }: MemberOptions & { readonly keys: KeyRing },
): Promise<Member> => {
  const [events, troubles]: [MeshEvent[], MeshTrouble[]] = [[], []];
  const transport = await openTransport({
    ...{ seeds, known: [], binds: [{ host: '127.0.0.1', port: 0 }] },
    introduce: () => ({
      ...introduceAs(name, mesh ?? options.keys.meshId, incarnation),
      ...says,
    }),
    onEvent: (event) => events.push(event),
    onTrouble: (trouble) => troubles.push(trouble),
    ...options,
    limits: { ...quickLimits, ...limits },
  });
  const [bound] = transport.bound;
  const links = () => transport.listLinks();
  return {
    ...{ transport, events, troubles, address: bound === undefined ? '' : formatAddress(bound) },
    peers: () => [...new Set(links().map(({ host }) => host))].sort(),
    sessionWith: (peer) => demand(links().find(({ host }) => host === peer)).session,
    heard: () => events.flatMap((event) => (event.kind === 'message' ? [event.message] : [])),
  };
};

export const introduceAs = (name: string, mesh: string, incarnation = 1) => ({
  hello: {
    life: { host: hostId(name), incarnation, boot: `boot${name}` },
    ...{ mesh, protocol: { oldest: 1, newest: 2 }, platform: 'linux-x64', runs: 2, cores: 4 },
    eligibility: 'allow' as const,
  },
  ...{ addresses: [], name: `${name}.example`, version: '0.1.0', grounds: { tree: 'abc' } },
});

/** Waits for what is bound to come. */
export const until = async (check: () => boolean, what: string): Promise<void> => {
  await vi.waitFor(
    () => {
      if (!check()) throw new Error(`still not: ${what}`);
    },
    { timeout: 60_000, interval: 5 },
  );
};

export const probe = (host: string): Message => ({ kind: 'probe', host: hostId(host) });

export const demand = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('it is not there');
  return value;
};

const readMeshId = (file: string, secret: string): string => {
  writeFileSync(file, secret, { mode: 0o600 });
  return demand(readKeyRing(file)).meshId;
};
