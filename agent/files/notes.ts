import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseSha256, type Sha256 } from '../../src/artefacts/sha256.ts';
import type { HostId } from '../../src/core/ids.ts';
import { isPkgName } from '../../src/pkgsrc/name.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import type { PackageNote } from '../../src/pkgsrc/repository/note.ts';
import { formatNote, parseNote } from '../../src/pkgsrc/repository/noteformat.ts';
import { readNote } from '../../src/pkgsrc/repository/notes.ts';
import type { RepositoryPlace } from '../../src/pkgsrc/repository/place.ts';
import { readParts, refuse } from '../mesh/answers.ts';
import type { FilesPorts } from './ports.ts';

const prefix = '/note/';
const askMs = 10_000;

/** `GET /note/<sha256 of the package>/<PKGNAME>`: what this host knows of that very file. 404: nothing. */
export const answerNote = async (
  places: readonly RepositoryPlace[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const [hash = '', pkgname = ''] = readParts(request.url ?? '', prefix) ?? [];
  const sha256 = parseSha256(hash);
  if (request.method !== 'GET' || sha256 === undefined || !isPkgName(pkgname)) {
    return refuse(response, 400, 'GET /note/<sha256>/<PKGNAME>');
  }
  for (const place of places) {
    const note = readNote(place, pkgname);
    if (note?.digest !== `sha256:${sha256}`) continue;
    const text = formatNote(note);
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
    return;
  }
  refuse(response, 404, `no note of ${pkgname}`);
};

/** What another host knows of a package file; undefined: nothing that is of use. Rejects with the reason of the signal alone. */
export const fetchNote = async (
  node: Pick<FilesPorts['node'], 'ask'>,
  from: HostId,
  sha256: Sha256,
  pkgname: PkgName,
  signal: AbortSignal,
): Promise<PackageNote | undefined> => {
  const path = `${prefix}${sha256}/${encodeURIComponent(pkgname)}`;
  const said = await node.ask(from, { method: 'GET', path, timeoutMs: askMs, signal }).catch(() => undefined);
  signal.throwIfAborted();
  const note = said === undefined ? undefined : parseNote(JSON.stringify(said), pkgname);
  return note?.digest === `sha256:${sha256}` ? note : undefined;
};
