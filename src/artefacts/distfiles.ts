import { BulkmeshError } from '../errors.ts';
import { parseSha256 } from './sha256.ts';
import type { BlobRef, BlobStore } from './store/store.ts';
import { expectAnswer } from './thread/answers.ts';

/** What a distinfo says of one file: algorithm (`BLAKE2s`, `SHA512`, `RMD160`, `SHA1`) and hexadecimal digest of each line. */
export interface DistfileSums {
  readonly sizeBytes: number | undefined;
  readonly digests: readonly { readonly algorithm: string; readonly hex: string }[];
}

/** As digest(1) names them, and as OpenSSL does. */
const algorithms: Readonly<Record<string, string>> = {
  BLAKE2s: 'blake2s256',
  SHA512: 'sha512',
  SHA256: 'sha256',
  SHA1: 'sha1',
  RMD160: 'ripemd160',
};

/** True when a digest of distinfo can be made here: without one nobody can say whether a file is right. */
export const canCheck = ({ digests }: DistfileSums): boolean => listKnown(digests).length > 0;

/**
 * True when a file is what distinfo says, by all of its digests. One read, in a thread.
 * @throws {BulkmeshError} ARTEFACT_DIGEST_UNKNOWN when distinfo has none that can be made here; ARTEFACT_NOT_A_FILE, ARTEFACT_IO
 */
export const checkDistfile = async (store: BlobStore, path: string, sums: DistfileSums): Promise<boolean> =>
  (await identifyDistfile(store, path, sums)) !== undefined;

/**
 * What a file would be called in the store, when it is what distinfo says; undefined when it is not. One read, in a thread.
 * @throws {BulkmeshError} as `checkDistfile`
 */
export const identifyDistfile = async (
  store: BlobStore,
  path: string,
  sums: DistfileSums,
): Promise<BlobRef | undefined> => {
  const known = listKnown(sums.digests);
  if (known.length === 0) {
    throw new BulkmeshError('ARTEFACT_DIGEST_UNKNOWN', `no digest of ${path} is of a kind that can be made`, {
      hint: `distinfo should have one of ${Object.keys(algorithms).join(', ')}`,
    });
  }
  const order = {
    kind: 'hashFile',
    path,
    algorithms: ['sha256', ...known.map(({ name }) => name)],
    bytesPerSecond: undefined,
  } as const;
  const { sizeBytes, digests } = expectAnswer(await store.threads.ask(order), 'hashed');
  const [own = '', ...others] = digests;
  const isSize = sums.sizeBytes === undefined || sums.sizeBytes === sizeBytes;
  const isRight = isSize && known.every(({ hex }, index) => others[index] === hex);
  const sha256 = parseSha256(own);
  return isRight && sha256 !== undefined ? { sha256, sizeBytes } : undefined;
};

const listKnown = (digests: DistfileSums['digests']): readonly { name: string; hex: string }[] =>
  digests.flatMap(({ algorithm, hex }) => {
    const name = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined;
    return name === undefined ? [] : [{ name, hex: hex.toLowerCase() }];
  });

/**
 * Takes in a distfile from DISTDIR, when it is what distinfo says; undefined when it is not. It is a link there when nobody writes
 * to files of DISTDIR once they have their name.
 * @throws {BulkmeshError} as `checkDistfile`, and ARTEFACT_DISK_FULL
 */
export const storeDistfile = async (
  store: BlobStore,
  path: string,
  sums: DistfileSums,
  mayLink: boolean,
): Promise<BlobRef | undefined> => {
  if (!(await checkDistfile(store, path, sums))) return undefined;
  const blob = await store.addFile(path, { mayLink });
  if (blob === undefined) return undefined;
  // What is in the store is what is compared: the file may have become another one meanwhile.
  if (await checkDistfile(store, store.pathOf(blob.sha256), sums)) return blob;
  await store.drop(blob.sha256);
  return undefined;
};
