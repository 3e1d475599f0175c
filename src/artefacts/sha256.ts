declare const brand: unique symbol;

/** What a blob is called: the SHA-256 of its bytes, 64 lower-case hexadecimal digits. Never a path, never anything else. */
export type Sha256 = string & { readonly [brand]: 'Sha256' };

const pattern = /^[0-9a-f]{64}$/;

/** Undefined for any other text, a path for one. */
export const parseSha256 = (text: string): Sha256 | undefined =>
  pattern.test(text) ? (text as Sha256) : undefined;

/** The blob that a fact's digest (`sha256:<hex>`) speaks of; undefined for a digest of another kind. */
export const parseDigest = (digest: string): Sha256 | undefined =>
  digest.startsWith('sha256:') ? parseSha256(digest.slice('sha256:'.length)) : undefined;
