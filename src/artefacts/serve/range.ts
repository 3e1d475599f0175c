/** Which bytes of a file are wanted; `end` is the last one. */
export type ByteRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  /** Nothing of the file lies there. */
  | { readonly kind: 'outside' };

/**
 * What a Range header asks for (RFC 9110, section 14.2). Several ranges, other units and what cannot be understood are ignored, as the
 * standard allows.
 */
export const parseRange = (header: string | undefined, sizeBytes: number): ByteRange => {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(header ?? '') ?? [];
  if (first === undefined) return { kind: 'whole' };
  const start = Number(first);
  const end = Math.min(last === undefined ? sizeBytes - 1 : Number(last), sizeBytes - 1);
  if (last !== undefined && Number(last) < start) return { kind: 'whole' };
  return start >= sizeBytes ? { kind: 'outside' } : { kind: 'part', start, end };
};
