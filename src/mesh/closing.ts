import type { CloseReason } from '../core/effect.ts';

/** Why an agent takes down a connection, as the other end is told. */
export type Closing = CloseReason | 'banned' | 'misbehaved' | 'key' | 'stopping' | 'self';

/** Close codes of RFC 6455 that are for private use. */
const codes: Readonly<Record<Closing, number>> = {
  superseded: 4001,
  stale: 4002,
  cloned: 4003,
  mesh: 4004,
  protocol: 4005,
  silent: 4006,
  left: 4007,
  banned: 4008,
  misbehaved: 4009,
  key: 4010,
  stopping: 4011,
  self: 4012,
  evicted: 4013,
};

export const codeOf = (closing: Closing): number => codes[closing];

/** Undefined for a connection that just broke, or a code of a later version. */
export const closingOf = (code: number): Closing | undefined =>
  Object.entries(codes).flatMap(([name, own]) => (own === code && isClosing(name) ? [name] : []))[0];

/** Nothing that time alone would mend soon: whoever is refused for this may as well wait. */
export const isRefusal = (closing: Closing | undefined): boolean =>
  closing === 'stale' ||
  closing === 'evicted' ||
  closing === 'cloned' ||
  closing === 'mesh' ||
  closing === 'protocol' ||
  closing === 'banned' ||
  closing === 'misbehaved';

const isClosing = (name: string): name is Closing => Object.hasOwn(codes, name);
