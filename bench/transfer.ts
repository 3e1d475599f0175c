import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { MeshNode } from '../agent/mesh/node.ts';
import { Fetcher } from '../src/artefacts/fetch/fetcher.ts';
import type { Peer } from '../src/artefacts/fetch/peer.ts';
import type { Wanted } from '../src/artefacts/fetch/single.ts';
import { defaultArtefactLimits } from '../src/artefacts/limits.ts';
import { parseSha256 } from '../src/artefacts/sha256.ts';
import { BlobStore } from '../src/artefacts/store/store.ts';
import { hostId } from '../src/core/ids.ts';
import type { MeshEvent } from '../src/mesh/links.ts';
import { connectTls } from '../src/mesh/tls.ts';
import { openEnd } from './transfer/end.ts';

export const description =
  'files between two agents: MB/s verified and durable beside plain HTTP, small ones with and without bundles, control messages meanwhile';

const mb = 1e6;
const never = new AbortController().signal;

/** A way for small messages to the other end and back. */
interface Control {
  send(): void;
  /** Told of each that comes back, in their order. Returns the way to end that. */
  listen(onAnswer: () => void): () => void;
  close(): void;
}

interface Holder {
  readonly child: ChildProcess;
  readonly peer: Peer;
  /** The same one, in TLS with the mesh key. */
  readonly tlsPeer: Peer;
  readonly port: number;
  readonly control: Control;
  readonly large: readonly Wanted[];
  readonly small: readonly Wanted[];
}

/**
 * A holder in a process of its own gives `args[1]` MB (default 500) in files of 50 MB, and 1,000 small ones, to a store in
 * this process, both below `args[0]` (default: the temporary directory). Control messages are lines of 150 bytes that the other end
 * sends back, one each 5 ms, on a connection of their own, as the mesh has one. The last row is two ends of a mesh as agents have them: one
 * port, TLS, probes as control messages.
 */
export async function run([dir = tmpdir(), megabytes = '500']: readonly string[]): Promise<
  Record<string, unknown>
> {
  const scratch = mkdtempSync(join(dir, 'bulkmesh-bench-transfer-'));
  const holder = await startHolder(join(scratch, 'holder'), Number(megabytes));
  try {
    const idle = await measure(holder, async () => void (await delay(2_000)));
    const sizeMb = holder.large.reduce((sum, { maxBytes }) => sum + maxBytes, 0) / mb;
    const plain = await measure(holder, () => fetchPlainly(holder, () => undefined));
    const written = await measure(holder, () =>
      fetchPlainly(holder, (_, index) => join(scratch, `plain-${index}`)),
    );
    const hashedHere = await measure(holder, () => fetchHashing(holder));
    const verified = await measure(holder, () =>
      fetchAll(holder.peer, join(scratch, 'large'), holder.large, 1),
    );
    const tls = await measure(holder, () => fetchAll(holder.tlsPeer, join(scratch, 'tls'), holder.large, 1));
    const parallel = await measure(holder, () =>
      fetchAll(holder.peer, join(scratch, 'many'), holder.large, 4),
    );
    const bundled = await measure(holder, () =>
      fetchAll(holder.peer, join(scratch, 'bundled'), holder.small, 1_000),
    );
    const single = await measure(holder, () =>
      fetchAll(holder.peer, join(scratch, 'single'), holder.small, 8, true),
    );
    const agents = await measureAgents(scratch, Number(megabytes));
    const rows = { idle, plain, written, hashedHere, verified, tls, parallel, bundled, single, agents };
    for (const [name, row] of Object.entries(rows)) print(name, row, sizeMb);
    const rate = ({ tookMs }: Measured): number => Math.round(sizeMb / (tookMs / 1_000));
    return {
      megabytes: sizeMb,
      plainMbPerS: rate(plain),
      plainWrittenMbPerS: rate(written),
      hashedInLoopMbPerS: rate(hashedHere),
      verifiedMbPerS: rate(verified),
      verifiedTlsMbPerS: rate(tls),
      verifiedFourAtATimeMbPerS: rate(parallel),
      betweenAgentsMbPerS: rate(agents),
      smallBundledPerS: Math.round(holder.small.length / (bundled.tookMs / 1_000)),
      smallSinglePerS: Math.round(holder.small.length / (single.tookMs / 1_000)),
      control: Object.fromEntries(Object.entries(rows).map(([name, { control }]) => [name, control])),
      loopP99Ms: Object.fromEntries(Object.entries(rows).map(([name, { loopP99Ms }]) => [name, loopP99Ms])),
      turnP99Ms: Object.fromEntries(Object.entries(rows).map(([name, { turnP99Ms }]) => [name, turnP99Ms])),
    };
  } finally {
    holder.control.close();
    holder.child.kill();
    await once(holder.child, 'exit');
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Measured {
  readonly tookMs: number;
  readonly control: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
  readonly loopP99Ms: number;
  /** CPU that this thread takes between two turns of a timer of 1 ms: what is left of the delay on an idle host. */
  readonly turnP99Ms: number;
}

/** Does the work while control messages go to and fro. */
async function measure({ control }: Pick<Holder, 'control'>, work: () => Promise<void>): Promise<Measured> {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const stopTurns = watchTurns();
  const trips: number[] = [];
  const sent: number[] = [];
  const stopListening = control.listen(() => trips.push(performance.now() - (sent.shift() ?? 0)));
  const timer = setInterval(() => {
    sent.push(performance.now());
    control.send();
  }, 5);
  loop.enable();
  const start = performance.now();
  await work();
  const tookMs = performance.now() - start;
  loop.disable();
  const turnP99Ms = stopTurns();
  clearInterval(timer);
  while (sent.length > 0) await delay(5);
  stopListening();
  trips.sort((a, b) => a - b);
  const at = (share: number): number => round(trips[Math.floor(share * (trips.length - 1))] ?? 0);
  // The histogram counts from one expected tick to the next: one millisecond of it is none.
  return {
    tookMs,
    control: { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) },
    loopP99Ms: round(loop.percentile(99) / 1e6 - 1),
    turnP99Ms,
  };
}

/** Returns what ends it, and tells the 99th of a hundred turns. */
function watchTurns(): () => number {
  const turns: number[] = [];
  let before = process.threadCpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage();
    turns.push((user + system - before.user - before.system) / 1_000);
    before = { user, system };
  }, 1);
  return () => {
    clearInterval(timer);
    turns.sort((a, b) => a - b);
    return round(turns[Math.floor(0.99 * (turns.length - 1))] ?? 0);
  };
}

const round = (value: number): number => Math.round(value * 100) / 100;

function print(name: string, { tookMs, control, loopP99Ms, turnP99Ms }: Measured, sizeMb: number): void {
  const isLarge = ['plain', 'written', 'hashedHere', 'verified', 'tls', 'parallel', 'agents'].includes(name);
  const rate = isLarge ? `${Math.round(sizeMb / (tookMs / 1_000))} MB/s` : '';
  const trip = `${control.p50Ms} / ${control.p99Ms} / ${control.maxMs}`;
  const took = `${String(Math.round(tookMs)).padStart(6)} ms ${rate.padStart(9)}`;
  const loop = `loop p99 ${loopP99Ms} ms, of that own CPU ${turnP99Ms} ms`;
  console.log(`${name.padEnd(11)} ${took}   control p50/p99/max ${trip} ms   ${loop}`);
}

async function fetchAll(
  peer: Peer,
  root: string,
  wanted: readonly Wanted[],
  atATime: number,
  isSingle = false,
): Promise<void> {
  const limits = isSingle ? { ...defaultArtefactLimits, smallBytesMax: 0 } : defaultArtefactLimits;
  const store = await BlobStore.open({ root, limits });
  const fetcher = new Fetcher(store);
  const queue = [...wanted];
  const drain = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const outcome = await fetcher.fetch(next, peer, never);
      if (outcome.kind !== 'fetched') throw new Error(`${outcome.why}: ${outcome.detail}`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, drain));
  await store.close();
}

/** What HTTP of Node does alone, into a file or into nothing. */
async function fetchPlainly(
  { large, port }: Holder,
  fileOf: (wanted: Wanted, index: number) => string | undefined,
): Promise<void> {
  for (const [index, wanted] of large.entries()) {
    const file = fileOf(wanted, index);
    const response = await open(port, `/blob/${wanted.sha256}`);
    if (file === undefined) for await (const _chunk of response);
    else await pipeline(response, createWriteStream(file));
  }
}

/** As a program does it that hashes where it also answers messages. */
async function fetchHashing({ large, port }: Holder): Promise<void> {
  for (const { sha256 } of large) {
    const hash = createHash('sha256');
    for await (const chunk of await open(port, `/blob/${sha256}`)) hash.update(chunk);
    if (hash.digest('hex') !== sha256) throw new Error('other bytes');
  }
}

const open = (port: number, path: string): Promise<AsyncIterable<Buffer>> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path }, resolve).on('error', reject);
  });

async function startHolder(root: string, megabytes: number): Promise<Holder> {
  const key = { id: 'bench', tlsSecret: randomBytes(32) };
  const args = [root, String(megabytes), key.tlsSecret.toString('hex')];
  const child = spawn(process.execPath, [join(import.meta.dirname, 'transfer/holder.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { port, controlPort, tlsPort, large, small } = JSON.parse(String(line));
  const agent = new Agent({ keepAlive: true });
  const socket = connect({ port: controlPort, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return {
    child,
    port,
    control: echoLines(socket),
    peer: { name: 'holder', open: (options) => request({ ...options, agent, host: '127.0.0.1', port }) },
    tlsPeer: {
      name: 'tls',
      open: (options) =>
        request({ ...options, createConnection: () => connectTls(connect(tlsPort, '127.0.0.1'), key) }),
    },
    large: listWanted(large),
    small: listWanted(small),
  };
}

const echoLines = (socket: Socket): Control => ({
  send: () => void socket.write(`${'x'.repeat(149)}\n`),
  listen: (onAnswer) => {
    const onData = (bytes: Buffer): void => {
      for (const byte of bytes) if (byte === 10) onAnswer();
    };
    socket.on('data', onData);
    return () => void socket.off('data', onData);
  },
  close: () => void socket.destroy(),
});

const giver = join(import.meta.dirname, 'transfer/giver.ts');

async function measureAgents(scratch: string, megabytes: number): Promise<Measured> {
  const keyFile = join(scratch, 'mesh.key');
  writeFileSync(keyFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  const child = spawn(process.execPath, [giver, join(scratch, 'giver'), keyFile, String(megabytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const { address, large } = JSON.parse(String(line));
    const listeners = new Set<(event: MeshEvent) => void>();
    const node = await openEnd({
      ...{ name: 'taker', stateDir: join(scratch, 'taker'), keyFile, seeds: [address] },
      onEvent: (event) => {
        for (const listener of listeners) listener(event);
      },
    });
    try {
      while (node.listLinks().length === 0) await delay(5);
      return await measure({ control: probe(node, listeners) }, () => takeAll(node, listWanted(large)));
    } finally {
      await node.stop();
    }
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

const probe = (node: MeshNode, listeners: Set<(event: MeshEvent) => void>): Control => ({
  send: () => {
    const [link] = node.listLinks();
    if (link !== undefined) node.send(link.session, { kind: 'probe', host: hostId('giver') });
  },
  listen: (onAnswer) => {
    const hear = (event: MeshEvent): void => {
      if (event.kind === 'message' && event.message.kind === 'probed') onAnswer();
    };
    listeners.add(hear);
    return () => void listeners.delete(hear);
  },
  close: () => undefined,
});

const takeAll = async (node: MeshNode, wanted: readonly Wanted[]): Promise<void> => {
  for (const one of wanted) {
    const peer = node.findPeer(hostId('giver'));
    if (peer === undefined) throw new Error('the other end has hung up');
    const outcome = await node.fetcher.fetch(one, peer, never);
    if (outcome.kind !== 'fetched') throw new Error(`${outcome.why}: ${outcome.detail}`);
  }
};

const listWanted = (refs: readonly { sha256: string; sizeBytes: number }[]): readonly Wanted[] =>
  refs.flatMap(({ sha256, sizeBytes }): Wanted[] => {
    const hash = parseSha256(sha256);
    return hash === undefined ? [] : [{ sha256: hash, sizeBytes, maxBytes: sizeBytes }];
  });
