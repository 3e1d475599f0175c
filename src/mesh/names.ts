import {
  type HostId,
  makeToken,
  type PlanId,
  parseToken,
  type SlotName,
  type TaskName,
  type Token,
} from '../core/ids.ts';

const namesMax = 200;
/** One component of a path, that is no option and not hidden either. */
const part = '[A-Za-z0-9_][A-Za-z0-9_.+~@-]*';
const task = new RegExp(`^${part}(?:/${part})?$`);
const host = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

const isShort = (text: unknown): text is string => typeof text === 'string' && text.length <= namesMax;

/** A PKGNAME or a PKGPATH: one plain name, or two. Whatever it is joined to, it does not lead out of that. */
export const isTaskName = (text: unknown): text is TaskName => isShort(text) && task.test(text);

export const isHostId = (text: unknown): text is HostId => isShort(text) && host.test(text);

/** As `makeToken` writes it, so that two tokens that compare as equal are equal. */
export const isToken = (text: unknown): text is Token => {
  const parts = isShort(text) ? parseToken(text) : undefined;
  if (parts === undefined || !isHostId(parts.host) || !isBoot(parts.boot)) return false;
  return makeToken({ n: parts.n, life: parts }, parts.sequence, parts.hop) === text;
};

/** The hash of a plan, in hex. */
export const isPlanId = (text: unknown): text is PlanId => isShort(text) && /^[0-9a-f]{64}$/.test(text);

export const isSlotName = (text: unknown): text is SlotName =>
  isShort(text) && /^[A-Za-z][A-Za-z0-9_-]*$/.test(text);

/** Letters of one start; none where a start has no name. */
export const isBoot = (text: unknown): text is string =>
  typeof text === 'string' && /^[A-Za-z0-9_-]{0,32}$/.test(text);

/** One word of ASCII, for ids of meshes, platforms and such. */
export const isWord = (text: unknown): text is string =>
  isShort(text) && /^[A-Za-z0-9_][A-Za-z0-9_.:+~/-]*$/.test(text);

/** One line of printable ASCII, which may be shown as it is. */
export const isLine = (text: unknown): text is string => isShort(text) && /^[ -~]*$/.test(text);
