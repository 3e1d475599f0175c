import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostId, type SessionId } from '../src/core/ids.ts';
import type { Message } from '../src/core/message.ts';
import { formatAddress } from '../src/mesh/address.ts';
import { decodeFrame, encodeFrame } from '../src/mesh/codec.ts';
import { type KeyRing, readKeyRing } from '../src/mesh/key.ts';
import { defaultMeshLimits } from '../src/mesh/limits.ts';
import type { MeshEvent } from '../src/mesh/links.ts';
import { openTransport, type Transport } from '../src/mesh/transport.ts';
import { sampleFact, sampleLife, sampleMessages, samplePlan } from '../test/mesh/support/samples.ts';

export const description = 'messages between two agents through TLS: rate, CPU, latency; cost of connections';

/**
 * All agents of this bench live in this one process: CPU figures are those of both ends together, and rates are those
 * that one core gives to both. `args[0]`: the number of hosts for the cost of connections, 16 by default.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const keys = await makeKey();
  // First, while the process has no memory to spare from what came before.
  const connections = await measureConnections(keys, Number(args[0] ?? 16));
  const figures = { codec: measureCodec(), ...(await measureMessages(keys)), connections };
  console.table(figures.codec);
  console.table(figures.oneWay);
  console.table([figures.pingPong]);
  console.table([figures.connections]);
  return figures;
}

interface Agent {
  readonly transport: Transport;
  readonly address: string;
  onEvent: (event: MeshEvent) => void;
}

async function makeKey(): Promise<KeyRing> {
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-mesh-'));
  try {
    const file = join(dir, 'mesh.key');
    await writeFile(file, randomBytes(32).toString('hex'), { mode: 0o600 });
    return demand(readKeyRing(file));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const unlimited = {
  ...defaultMeshLimits,
  ...{
    messagesPerSecond: 1e9,
    messagesBurst: 1e9,
    callsPerSecond: 1e6,
    strangersMax: 1e4,
    higherWaitMs: 60_000,
  },
};

async function openAgent(keys: KeyRing, name: string, seeds: readonly string[]): Promise<Agent> {
  const life = { host: hostId(name), incarnation: 1, boot: 'bench' };
  const about = {
    mesh: keys.meshId,
    protocol: { oldest: 1, newest: 1 },
    platform: 'bench',
    runs: 1,
    cores: 1,
  };
  const hello = { life, ...about, eligibility: 'allow' as const };
  const agent: { onEvent: (event: MeshEvent) => void } = { onEvent: () => undefined };
  const transport = await openTransport({
    ...{ keys, seeds, known: [], binds: [{ host: '127.0.0.1', port: 0 }], limits: unlimited },
    introduce: () => ({ hello, addresses: [], name, version: 'bench', grounds: {} }),
    onEvent: (event) => agent.onEvent(event),
    onTrouble: (trouble) => console.error(trouble),
  });
  return Object.assign(agent, { transport, address: formatAddress(demand(transport.bound[0])) });
}

/** Microseconds of one message on one core. */
function measureCodec(): Record<string, unknown>[] {
  return sizes().map(({ name, message, rounds }) => {
    const bytes = encodeFrame(message);
    const spend = (act: () => unknown): number => {
      for (let round = 0; round < rounds / 5; round += 1) act();
      const before = cpuUs();
      for (let round = 0; round < rounds; round += 1) act();
      return roundTo((cpuUs() - before) / rounds);
    };
    const encodeUs = spend(() => encodeFrame(message));
    return { name, bytes: bytes.length, encodeUs, decodeUs: spend(() => decodeFrame(bytes)) };
  });
}

const sizes = (): readonly {
  readonly name: string;
  readonly message: Message;
  readonly rounds: number;
}[] => {
  const { heartbeat, hold } = sampleMessages;
  const entries = Array.from({ length: 500 }, (_, index) => ({ ...sampleFact, seq: index + 1 }));
  return [
    { name: 'heartbeat', message: { ...heartbeat, have: [] }, rounds: 100_000 },
    { name: 'hold', message: hold, rounds: 50_000 },
    {
      name: 'entries (500)',
      message: { kind: 'entries', planId: samplePlan, origin: sampleLife, from: 1, entries },
      rounds: 200,
    },
  ];
};

async function measureMessages(keys: KeyRing) {
  const a = await openAgent(keys, 'a', []);
  const b = await openAgent(keys, 'b', [a.address]);
  await waitFor(() => a.transport.listLinks().length === 1 && b.transport.listLinks().length === 1);
  const [toB, toA] = [firstSession(a), firstSession(b)];
  const oneWay: Record<string, unknown>[] = [];
  for (const { name, message, rounds } of sizes()) {
    oneWay.push({ name, ...(await sendMany(a, toB, b, message, rounds)) });
  }
  const pingPong = await bounce(a, toB, b, toA);
  await Promise.all([a.transport.stop(), b.transport.stop()]);
  return { oneWay, pingPong };
}

/** Each message is made anew, as those of the core are; a hundred are on their way at a time, or two mebibytes. */
async function sendMany(from: Agent, session: SessionId, to: Agent, message: Message, count: number) {
  let [sent, heard] = [0, 0];
  const most = Math.min(100, Math.ceil(2 ** 21 / encodeFrame(message).length));
  const start = { wall: performance.now(), cpu: cpuUs() };
  await new Promise<void>((resolve) => {
    const fill = (): void => {
      while (sent < count && sent - heard < most) {
        from.transport.send(session, { ...message });
        sent += 1;
      }
    };
    to.onEvent = () => {
      heard += 1;
      if (heard === count) resolve();
      else if (sent - heard < most / 2) setImmediate(fill);
    };
    fill();
  });
  const seconds = (performance.now() - start.wall) / 1_000;
  return { perSecond: Math.round(count / seconds), cpuUsEach: roundTo((cpuUs() - start.cpu) / count) };
}

async function bounce(a: Agent, toB: SessionId, b: Agent, toA: SessionId) {
  const heartbeat = { ...sampleMessages.heartbeat, have: [] };
  const times: number[] = [];
  b.onEvent = () => b.transport.send(toA, { ...heartbeat });
  const before = cpuUs();
  for (let round = 0; round < 10_000; round += 1) {
    const start = performance.now();
    await new Promise<void>((resolve) => {
      a.onEvent = () => resolve();
      a.transport.send(toB, { ...heartbeat });
    });
    times.push(performance.now() - start);
  }
  times.sort((x, y) => x - y);
  const at = (share: number): number => roundTo(1_000 * (times[Math.floor(times.length * share)] ?? 0));
  return { p50Us: at(0.5), p99Us: at(0.99), cpuUsEach: roundTo((cpuUs() - before) / times.length) };
}

/** A full mesh: each host calls the first one, and hears of the others. */
async function measureConnections(keys: KeyRing, hosts: number) {
  const first = await openAgent(keys, 'h1000', []);
  const agents = [first];
  for (let at = 1; at < hosts; at += 1) agents.push(await openAgent(keys, `h${1_000 + at}`, []));
  const links = (hosts * (hosts - 1)) / 2;
  const before = { wall: performance.now(), cpu: cpuUs(), bytes: memoryBytes() };
  for (const { transport } of agents.slice(1)) transport.join(first.address);
  await waitFor(() => agents.every(({ transport }) => transport.listLinks().length >= hosts - 1));
  const wallMs = performance.now() - before.wall;
  const cpuUsAll = cpuUs() - before.cpu;
  const bytes = memoryBytes() - before.bytes;
  await Promise.all(agents.map(({ transport }) => transport.stop()));
  return {
    ...{ hosts, links, wallMs: Math.round(wallMs) },
    cpuMsPerLink: roundTo(cpuUsAll / links / 1_000),
    kibPerEnd: roundTo(bytes / (2 * links) / 1_024),
  };
}

const firstSession = ({ transport }: Agent): SessionId => demand(transport.listLinks()[0]).session;

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Of the process, TLS included; what is garbage by then counts, unless node is run with --expose-gc. */
const memoryBytes = (): number => {
  globalThis.gc?.();
  return process.memoryUsage.rss();
};

const roundTo = (value: number): number => Math.round(value * 10) / 10;

async function waitFor(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function demand<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('it is not there');
  return value;
}
