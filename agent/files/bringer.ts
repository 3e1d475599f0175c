import { parseDigest, type Sha256 } from '../../src/artefacts/sha256.ts';
import type { HostId, PlanId } from '../../src/core/ids.ts';
import type { FetchTrouble } from '../../src/core/input.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { isPkgName } from '../../src/pkgsrc/name.ts';
import { fetchNote } from './notes.ts';
import { hasPackage, isSound, type PackagePlace, putPackage } from './packages.ts';
import { type FilesPorts, listCategories } from './ports.ts';
import type { Turns } from './turns.ts';

/** What became of a package that was to be here. */
export type Brought =
  | { readonly kind: 'here' }
  | { readonly kind: 'missing'; readonly why: FetchTrouble; readonly detail: string };

interface WantedFile {
  readonly planId: PlanId;
  readonly name: string;
  /** `sha256:<hex>`; any of them will do. */
  readonly digests: readonly string[];
  /** Undefined: it is not known. Of the first digest. */
  readonly sizeBytes: number | undefined;
  readonly from: HostId;
}

type BringPorts = Pick<FilesPorts, 'node' | 'ground' | 'packageBytesMax' | 'log'>;

/** Brings packages of other hosts into the repository of this one. */
export class Bringer {
  readonly #ports: BringPorts;
  readonly #turns: Turns;

  constructor(ports: BringPorts, turns: Turns) {
    this.#ports = ports;
    this.#turns = turns;
  }

  /**
   * Has the package here, from that host unless it is here already. Who wants the same one meanwhile waits, and finds it. What this
   * host's own disk does not take is `full`. Rejects with the reason of the signal alone.
   */
  async bring(wanted: WantedFile, signal: AbortSignal): Promise<Brought> {
    const { planId, name } = wanted;
    const ground = this.#ports.ground(planId);
    if (ground === undefined) return missing('unreachable', 'this host has not taken the build up yet');
    if (!isPkgName(name)) return missing('gone', 'that is no name of a package');
    const target = { place: ground.place, pkgname: name, categories: listCategories(ground, name) };
    try {
      return await this.#turns.take(turnOf(target), () => this.#bringTo(target, wanted, signal));
    } catch (error) {
      signal.throwIfAborted();
      // Trouble of this host's disk: no other one would do better.
      if (error instanceof BulkmeshError || isSystemError(error)) return missing('full', messageOf(error));
      this.#ports.log.error({ name, error: messageOf(error) }, 'a package could not be brought here');
      return missing('unreachable', messageOf(error));
    }
  }

  async #bringTo(target: PackagePlace, wanted: WantedFile, signal: AbortSignal): Promise<Brought> {
    signal.throwIfAborted();
    if (await hasPackage(target, wanted.digests)) return { kind: 'here' };
    const { node, packageBytesMax, log } = this.#ports;
    const peer = node.findPeer(wanted.from);
    if (peer === undefined) return missing('unreachable', 'there is no connection to that host');
    const blobs = wanted.digests.flatMap((digest, index) => {
      const sha256 = parseDigest(digest);
      const sizeBytes = index === 0 ? wanted.sizeBytes : undefined;
      return sha256 === undefined ? [] : [{ sha256, sizeBytes, maxBytes: sizeBytes ?? packageBytesMax }];
    });
    for (const { sha256 } of blobs) await isSound(node.blobs, sha256);
    const fetched = await node.fetcher.fetchAny(blobs, peer, signal);
    if (fetched.kind === 'notFetched') return missing(fetched.why, fetched.detail);
    const { sha256 } = fetched;
    const note = await this.#findNote(wanted.from, sha256, target, signal);
    const onWarning = (line: string): void => log.warn(line);
    if (await putPackage(node.blobs, sha256, target, note, onWarning)) return { kind: 'here' };
    return missing('unreachable', 'the file was lost again before it had its name');
  }

  #findNote(from: HostId, sha256: Sha256, { pkgname }: PackagePlace, signal: AbortSignal) {
    return fetchNote(this.#ports.node, from, sha256, pkgname, signal);
  }
}

/** Who works on a package of a repository has it for himself. */
export const turnOf = ({ place, pkgname }: Pick<PackagePlace, 'place' | 'pkgname'>): string =>
  `${place.packagesDir} ${pkgname}`;

const missing = (why: FetchTrouble, detail: string): Brought => ({ kind: 'missing', why, detail });

const isSystemError = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && typeof error.syscall === 'string';
