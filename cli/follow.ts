import type { Readable } from 'node:stream';
import type { ControlClient } from '../agent/control/client.ts';
import { readLogs } from '../agent/files/logReader.ts';
import { type HostEntry, listSlots, type MeshSnapshot } from '../agent/view/meshView.ts';
import { BulkmeshError } from '../src/errors.ts';
import { isPkgName } from '../src/pkgsrc/name.ts';
import { splitPkgName } from '../src/pkgsrc/version.ts';
import { applyEvent, emptySnapshot } from './ui/view.ts';

/** Which log a person wants to see, and of which host. */
export interface WantedLog {
  readonly name: string;
  readonly stage: string | undefined;
  /** A name or an id; undefined: whichever builds it. */
  readonly host: string | undefined;
  readonly follows: boolean;
  /** Where the logs of this host lie. */
  readonly logDir: string;
}

/**
 * The log of a package that is being built, on whichever host, or that lies on a host that is named. It ends with the run when it is
 * followed. Throws `LOG_NOT_RUNNING`, `LOG_AMBIGUOUS`, `HOST_UNKNOWN`, and what the other host says.
 */
export async function openMeshLog(
  client: ControlClient,
  wanted: WantedLog,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const mesh = await client.hosts();
  const named = wanted.host === undefined ? undefined : findHost(mesh, wanted.host);
  const { entry, pkg } = findRun(named === undefined ? mesh.hosts : [named], wanted.name) ?? {
    entry: named,
    pkg: wanted.name,
  };
  if (entry?.host === undefined) throw notRunning(wanted.name);
  const stage = wanted.stage ?? 'all';
  const { follows, logDir } = wanted;
  if (entry.standing === 'self') return followHere(client, { pkg, stage, follows, logDir }, signal);
  const planId = mesh.builds.find((build) => build.planId !== undefined)?.planId ?? 'any';
  const log: Readable = await client.log({ host: entry.host, planId, pkg, stage, follows }, signal);
  return log;
}

function findHost(mesh: MeshSnapshot, word: string): HostEntry {
  const found = mesh.hosts.find(({ host, name }) => word === host || word === name);
  if (found !== undefined) return found;
  throw new BulkmeshError('HOST_UNKNOWN', `there is no host "${word}" in the mesh`, {
    hint: `There are: ${mesh.hosts.map(({ name }) => name).join(', ')}.`,
  });
}

/** Undefined: nobody of them builds it now. */
function findRun(
  hosts: readonly HostEntry[],
  name: string,
): { readonly entry: HostEntry; readonly pkg: string } | undefined {
  const runs = hosts.flatMap((entry) =>
    listSlots(entry).flatMap(({ pkg }) => (pkg !== undefined && isMeant(pkg, name) ? [{ entry, pkg }] : [])),
  );
  const names = [...new Set(runs.map(({ pkg }) => pkg))];
  if (names.length <= 1) return runs[0];
  throw new BulkmeshError('LOG_AMBIGUOUS', `"${name}" means ${names.length} packages`, {
    hint: `name one of: ${names.slice(0, 8).join(', ')}`,
  });
}

const isMeant = (pkg: string, name: string): boolean => pkg === name || splitPkgName(pkg).base === name;

const notRunning = (name: string): BulkmeshError =>
  new BulkmeshError('LOG_NOT_RUNNING', `${name} is not being built on any host at this moment`, {
    hint: `"bulkmesh log ${name}" shows the log of a package that failed, "bulkmesh why ${name}" what it waits for`,
  });

async function followHere(
  client: ControlClient,
  { pkg, stage, follows, logDir }: { pkg: string; stage: string; follows: boolean; logDir: string },
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  if (!isPkgName(pkg)) throw notRunning(pkg);
  const watch = new AbortController();
  let snapshot = (await client.status()).snapshot;
  const keepUp = async (): Promise<void> => {
    for await (const event of client.events(AbortSignal.any([signal, watch.signal]))) {
      snapshot = applyEvent(snapshot, event);
    }
    // Without an agent nothing runs any more.
    snapshot = emptySnapshot;
  };
  void keepUp().catch(() => {
    snapshot = emptySnapshot;
  });
  const isRunning = (): boolean => snapshot.slots.some((slot) => slot.pkg === pkg);
  return endWith(readLogs(logDir, { pkgname: pkg, stage, follows }, isRunning, signal), () => watch.abort());
}

async function* endWith(pieces: AsyncIterable<Uint8Array>, end: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } finally {
    end();
  }
}
