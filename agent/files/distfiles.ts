import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { canCheck, checkDistfile } from '../../src/artefacts/distfiles.ts';
import type { BlobRef } from '../../src/artefacts/store/store.ts';
import type { HostId } from '../../src/core/ids.ts';
import { type Backoff, backoffMs } from '../../src/core/limits.ts';
import { messageOf } from '../../src/errors.ts';
import { makeParents } from '../../src/pkgsrc/build/bringout.ts';
import type { BringDistfiles, WantedDistfile } from '../../src/pkgsrc/build/distfiles.ts';
import { temporaryName } from '../../src/pkgsrc/repository/place.ts';
import { listLinked } from '../mesh/node.ts';
import { askLease, keepLease, type LeaseTable } from './distLease.ts';
import { distRoute, offeredSchema } from './distServer.ts';
import type { FilesPorts } from './ports.ts';

type DistPorts = Pick<FilesPorts, 'node' | 'host' | 'core' | 'distDir' | 'log'>;

/** Long enough for the other host to read a large file once; who is later is not waited for. */
const askMs = 30_000;
const askedAtOnce = 8;
/** Between two looks at whether another host has got a file. */
const pause: Backoff = { firstMs: 250, factor: 2, capMs: 5_000 };
/** Another host that takes longer for a file than this is not waited for. */
const waitMsMax = 3_600_000;

/**
 * Gets distribution files from hosts that have them, into DISTDIR of this host; and agrees with the others on who gets the rest from
 * outside, so that each file comes into the mesh once.
 */
export const createDistfileSource =
  (ports: DistPorts, table: LeaseTable, life: AbortSignal): BringDistfiles =>
  async ({ dir, files }, note, signal) => {
    using held = new DisposableStack();
    // All hosts ask for their rights in one order: nobody waits for another in a circle. In another directory than that of this host
    // nothing of the mesh has a place.
    const wanted = dir === ports.distDir ? files.filter(canCheck).toSorted(compareNames) : [];
    const both = AbortSignal.any([signal, life]);
    try {
      for (const file of wanted) {
        const lease = await bringOne({ ...ports, table, life, note }, file, both);
        if (lease !== undefined) held.use(lease);
      }
    } catch (error) {
      // An agent that ends leaves the others alone, and its own runs to whoever ends them.
      signal.throwIfAborted();
      if (!life.aborted) throw error;
    }
    return held.move();
  };

const compareNames = (a: WantedDistfile, b: WantedDistfile): number => (a.name < b.name ? -1 : 1);

interface BringPorts extends DistPorts {
  readonly table: LeaseTable;
  readonly life: AbortSignal;
  note(line: string): Promise<void>;
}

/** Undefined: the file is here. Else this host is to get it from outside, until the result is disposed of. */
const bringOne = async (
  ports: BringPorts,
  file: WantedDistfile,
  signal: AbortSignal,
): Promise<Disposable | undefined> => {
  const { table, life, note } = ports;
  const sinceMs = performance.now();
  for (let round = 1; ; round += 1) {
    if (await bringFromAny(ports, listHosts(ports), file, signal)) return undefined;
    const said = await askLease(ports, table, { file: file.name, isDone: false }, signal);
    if (said.kind === 'granted') {
      using held = new DisposableStack();
      held.use(keepLease(ports, table, file.name, life));
      // It may have come there between the two questions.
      const last = said.last === undefined || said.last === ports.host ? [] : [said.last];
      return (await bringFromAny(ports, last, file, signal)) ? undefined : held.move();
    }
    if (performance.now() - sinceMs > waitMsMax) return new DisposableStack();
    if (round === 1) await note(`waits for ${file.name}, which ${said.holder} gets`);
    await delay(backoffMs(pause, round), undefined, { signal });
  }
};

const listHosts = ({ node, host }: DistPorts): readonly HostId[] =>
  listLinked(node).filter((other) => other !== host);

/** True when the file is in DISTDIR. */
const bringFromAny = async (
  ports: BringPorts,
  hosts: readonly HostId[],
  file: WantedDistfile,
  signal: AbortSignal,
): Promise<boolean> => {
  for (let at = 0; at < hosts.length; at += askedAtOnce) {
    const asked = hosts.slice(at, at + askedAtOnce);
    const answers = await Promise.all(asked.map((host) => askHost(ports, host, file, signal)));
    for (const [index, blob] of answers.entries()) {
      const host = asked[index];
      if (blob === undefined || host === undefined) continue;
      const isHere = await bringFrom(ports, host, blob, file, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        ports.log.warn({ file: file.name, host, error: messageOf(error) }, 'a distfile of another host');
        return false;
      });
      if (!isHere) continue;
      await ports.note(`${file.name} came from ${host}`);
      return true;
    }
  }
  return false;
};

const askHost = async (
  { node }: DistPorts,
  host: HostId,
  file: WantedDistfile,
  signal: AbortSignal,
): Promise<BlobRef | undefined> => {
  const { name, sizeBytes, digests } = file;
  const body = { name, sizeBytes, digests };
  const question = { method: 'POST', path: distRoute, body, timeoutMs: askMs, signal } as const;
  const said = await node.ask(host, question).catch(() => undefined);
  signal.throwIfAborted();
  const blob = offeredSchema.safeParse(said).data;
  return blob?.sizeBytes === sizeBytes ? blob : undefined;
};

const bringFrom = async (
  { node, host: owner, distDir, log }: DistPorts,
  host: HostId,
  { sha256, sizeBytes }: BlobRef,
  file: WantedDistfile,
  signal: AbortSignal,
): Promise<boolean> => {
  const peer = node.findPeer(host);
  if (peer === undefined) return false;
  const fetched = await node.fetcher.fetch({ sha256, sizeBytes, maxBytes: sizeBytes }, peer, signal);
  if (fetched.kind === 'notFetched') return false;
  const { blobs } = node;
  if (!(await checkDistfile(blobs, blobs.pathOf(sha256), file))) {
    log.warn({ file: file.name, host }, 'what another host gave is not what distinfo says');
    await blobs.drop(sha256);
    return false;
  }
  await mkdir(distDir, { recursive: true });
  if ((await makeParents(distDir, file.name)) !== undefined) return false;
  const target = join(distDir, file.name);
  const there = await lstat(target).catch(() => undefined);
  // Whatever else has that name is for its owner to judge.
  if (there !== undefined && !(there.isFile() && there.size <= sizeBytes)) return false;
  const temporary = join(distDir, temporaryName(owner));
  const isPlaced = await blobs.place(sha256, { target, temporary, mayLink: false, mode: 0o644 });
  // It lies in DISTDIR, and is offered from there.
  await blobs.drop(sha256);
  return isPlaced;
};
