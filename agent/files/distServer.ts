import { lstat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { canCheck, identifyDistfile } from '../../src/artefacts/distfiles.ts';
import { parseSha256 } from '../../src/artefacts/sha256.ts';
import type { BlobRef } from '../../src/artefacts/store/store.ts';
import { isDistfileName, type WantedDistfile } from '../../src/pkgsrc/build/distfiles.ts';
import { readJson, refuse, sendJson } from '../mesh/answers.ts';
import type { Offers } from './offers.ts';
import type { FilesPorts } from './ports.ts';

export const distRoute = '/distfile';

const wantedSchema = z.object({
  name: z.string().max(500).refine(isDistfileName),
  sizeBytes: z.number().int().nonnegative(),
  digests: z
    .array(z.object({ algorithm: z.string().max(16), hex: z.string().regex(/^[0-9a-f]{32,128}$/) }))
    .min(1)
    .max(8),
});

/** The name of a distribution file in the store of the host that has it. */
export const offeredSchema = z.object({
  sha256: z.string().transform((text, context) => {
    const sha256 = parseSha256(text);
    if (sha256 !== undefined) return sha256;
    context.addIssue('no hash');
    return z.NEVER;
  }),
  sizeBytes: z.number().int().nonnegative(),
});

const bodyBytesMax = 8_192;
/** Files of which is remembered what they are. */
const knownMax = 1_000;

/**
 * Offers the distribution files of this host: `POST /distfile` with name, size and the lines of distinfo, answered with the hash under
 * which it is to be had as a blob. 404: it is not here, or is not what distinfo says.
 */
export class DistServer {
  readonly #ports: Pick<FilesPorts, 'node' | 'distDir'>;
  readonly #offers: Offers;
  /** By file, look and sums: many ask for the same one, and it is read once. */
  readonly #known = new Map<string, Promise<BlobRef | undefined>>();

  constructor(ports: Pick<FilesPorts, 'node' | 'distDir'>, offers: Offers) {
    this.#ports = ports;
    this.#offers = offers;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const wanted = wantedSchema.safeParse(await readJson(request, bodyBytesMax));
    if (request.method !== 'POST' || !wanted.success) return refuse(response, 400, 'no wish for a distfile');
    const found = await this.#find(wanted.data);
    if (found === undefined) return refuse(response, 404, `${wanted.data.name} is not here`);
    const path = join(this.#ports.distDir, wanted.data.name);
    const { blobs } = this.#ports.node;
    // Packages may write to DISTDIR: the store has a copy of its own.
    this.#offers.register(found.sha256, async () => {
      return (await blobs.addFile(path, { mayLink: false, expected: found.sha256 })) !== undefined;
    });
    sendJson(response, found);
  }

  async #find(wanted: WantedDistfile): Promise<BlobRef | undefined> {
    const path = join(this.#ports.distDir, wanted.name);
    const stats = await lstat(path).catch(() => undefined);
    // One that is shorter is on its way.
    if (stats?.isFile() !== true || stats.size !== wanted.sizeBytes || !canCheck(wanted)) return undefined;
    const key = JSON.stringify([wanted, stats.ino, stats.mtimeMs, stats.ctimeMs]);
    const known = this.#known.get(key) ?? identifyDistfile(this.#ports.node.blobs, path, wanted);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= knownMax && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, known);
    return known.catch(() => {
      this.#known.delete(key);
      return undefined;
    });
  }
}
