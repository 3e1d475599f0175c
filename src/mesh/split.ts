import type { Message } from '../core/message.ts';

/**
 * A message in two that together say the same, one after the other; undefined for those that only work as a whole. The
 * journal of a large plan and the files of a whole tree may be more than one message can take.
 */
export const splitMessage = (message: Message): readonly [Message, Message] | undefined => {
  if (message.kind === 'entries') return splitEntries(message);
  return message.kind === 'heartbeat' ? splitHeartbeat(message) : undefined;
};

const splitEntries = (message: Extract<Message, { readonly kind: 'entries' }>) => {
  const { entries, from } = message;
  const middle = Math.floor(entries.length / 2);
  if (middle === 0) return undefined;
  return [
    { ...message, entries: entries.slice(0, middle) },
    { ...message, from: from + middle, entries: entries.slice(middle) },
  ] as const;
};

/** What is told of files may be told in parts, where all parts but the first only add. */
const splitHeartbeat = (message: Extract<Message, { readonly kind: 'heartbeat' }>) => {
  const [first, ...others] = message.have;
  if (first === undefined) return undefined;
  const { added, removed } = first;
  const middle = Math.floor(added.length / 2);
  if (others.length === 0 && middle === 0) return undefined;
  if (others.length > 0)
    return [
      { ...message, have: [first] },
      { ...message, have: others },
    ] as const;
  const later = { ...first, isWhole: false, added: added.slice(middle), removed: [] };
  return [
    { ...message, have: [{ ...first, added: added.slice(0, middle), removed }] },
    { ...message, have: [later] },
  ] as const;
};
