import { stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { type Address, formatAddress, parseBind } from '../../src/mesh/address.ts';
import { viewKey } from '../mesh/keys.ts';
import { agentPaths } from '../paths.ts';
import type { Finding } from './finding.ts';

/**
 * Looks at what lets this host build together with others: the mesh key and who may read it, the addresses to listen at, the
 * clock. A host without a key has no others, and nothing is missing there unless it is to join some.
 */
export async function examineMesh(config: Config): Promise<readonly Finding[]> {
  const { finding: key, hasKey } = examineKey(config);
  if (!hasKey) return [key];
  const isRunning = await answers(agentPaths(config).socket);
  // What a running agent listens at is taken by itself.
  const ports = isRunning
    ? []
    : await Promise.all(config.mesh.listen.map((place) => examineBind(parseBind(place))));
  return [key, ...ports.flatMap((finding) => finding ?? []), ...(await examineClock(config))];
}

/** True for a host that joins others: it needs no tree and no kit to help with what they build. */
export const isHelper = ({ mesh }: Config): boolean => mesh.join.length > 0;

function examineKey(config: Config): { readonly finding: Finding; readonly hasKey: boolean } {
  const base = { id: 'mesh-key', title: 'mesh key' } as const;
  const { keyFile, join: hosts } = config.mesh;
  try {
    const view = viewKey(keyFile);
    if (view !== undefined) {
      const rotating = view.previous === undefined ? '' : ', a change of keys is going on';
      const detail = `${keyFile}: mesh ${view.mesh}${rotating}`;
      return { finding: { ...base, state: 'ok', detail, fix: '' }, hasKey: true };
    }
  } catch (error) {
    const fix = error instanceof BulkmeshError ? error.hint : 'correct the file';
    return { finding: { ...base, state: 'missing', detail: messageOf(error), fix }, hasKey: false };
  }
  if (hosts.length === 0) {
    return {
      finding: { ...base, state: 'ok', detail: 'none: this host builds alone', fix: '' },
      hasKey: false,
    };
  }
  const detail = `no ${keyFile}, and mesh.join names ${hosts.join(', ')}`;
  const fix = 'copy it from another host of the mesh ("bulkmesh key show" names it there), with mode 600';
  return { finding: { ...base, state: 'missing', detail, fix }, hasKey: false };
}

/** Undefined where an agent could listen. */
async function examineBind({ host, port }: Address): Promise<Finding | undefined> {
  const why = await tryBind(host, port);
  if (why === undefined) return undefined;
  const base = { id: 'mesh-listen', title: 'mesh port', state: 'missing' } as const;
  const place = formatAddress({ host, port });
  if (why === 'EADDRINUSE') {
    const fix =
      'see with "ss -ltnp" who has it, or give mesh.listen another port; others are told of it by --join HOST:PORT';
    return { ...base, detail: `${place} is taken by another program`, fix };
  }
  const own = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  const fix = `set mesh.listen to an address of this host (${own.slice(0, 6).join(', ')}), or to 0.0.0.0`;
  return { ...base, detail: `nothing can listen at ${place} (${why})`, fix };
}

function tryBind(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(String(Object(error).code)));
    server.listen({ host, port, ipv6Only: true }, () => server.close(() => resolve(undefined)));
  });
}

function answers(socket: string): Promise<boolean> {
  const call = connect(socket);
  return new Promise<boolean>((resolve) => {
    call.once('connect', () => resolve(true));
    call.once('error', () => resolve(false));
  }).finally(() => call.destroy());
}

/** Further than this ahead no file was written by a clock that is right now. */
const futureMs = 60_000;

/** How far it is off only other hosts can say; that it has been set back, what this host wrote itself says. */
async function examineClock(config: Config): Promise<readonly Finding[]> {
  const files = [
    config.paths.state,
    join(config.paths.state, 'bulkmesh.db'),
    config.mesh.keyFile,
    config.file,
  ];
  const times = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  const latest = Math.max(...times);
  if (latest <= Date.now() + futureMs) return [];
  const detail = `it is ${new Date().toISOString()} by the clock, and files of the agent are from ${new Date(latest).toISOString()}`;
  return [
    {
      id: 'clock',
      title: 'clock',
      state: 'warning',
      detail,
      fix: 'set it, by NTP for one: hosts compare times',
    },
  ];
}
