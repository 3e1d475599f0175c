import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../process.ts';

/** `count` ids from `start` on, as the host numbers them. */
export interface IdRange {
  readonly start: number;
  readonly count: number;
}

/** What the agent's account may be inside a user namespace of its own. */
export type Account =
  | { readonly kind: 'root' }
  /** Root inside, and nobody else: files cannot be given away. `why` says what further ids would need. */
  | { readonly kind: 'alone'; readonly why: string }
  /** Root inside, and further ids that the host has set aside for this account. */
  | { readonly kind: 'ranges'; readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] };

/** The programs that may map the ids of the ranges; see newuidmap(1). */
export const mapTools = { uid: 'newuidmap', gid: 'newgidmap' } as const;

/** What this host's files promise to this process, not tried yet. `etc` is for tests. */
export function readAccount(etc = '/etc'): Account {
  if (process.getuid?.() === 0) return { kind: 'root' };
  const missing = Object.values(mapTools).find((name) => findTool(name) === undefined);
  if (missing !== undefined) return { kind: 'alone', why: `${missing} is not installed (package uidmap)` };
  const owners = ownNames();
  const uids = readRanges(join(etc, 'subuid'), owners);
  const gids = readRanges(join(etc, 'subgid'), owners);
  if (uids.length > 0 && gids.length > 0) return { kind: 'ranges', uids, gids };
  return { kind: 'alone', why: `${etc}/subuid or ${etc}/subgid has no range for ${owners.join(' or ')}` };
}

/** The lines of a uid_map or gid_map, three numbers each: `own` as 0, then the ranges one behind the other. */
export function listMap(own: number, ranges: readonly IdRange[]): readonly (readonly number[])[] {
  const lines: (readonly number[])[] = [[0, own, 1]];
  let inside = 1;
  for (const { start, count } of ranges) {
    lines.push([inside, start, count]);
    inside += count;
  }
  return lines;
}

/** How many ids there are inside. */
export function countIds(ranges: readonly IdRange[]): number {
  return ranges.reduce((sum, { count }) => sum + count, 1);
}

/** An account may have no name: its number stands for it in subuid(5) as well. */
function ownNames(): readonly string[] {
  const number = String(process.getuid?.());
  try {
    return [userInfo().username, number];
  } catch {
    return [number];
  }
}

/** Lines `owner:start:count`; what is not such a line gives nothing. */
export function readRanges(file: string, owners: readonly string[]): readonly IdRange[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const found = /^([^:]+):(\d{1,10}):(\d{1,10})$/.exec(line.trim());
    if (found === null || !owners.includes(found[1] ?? '')) return [];
    const range = { start: Number(found[2]), count: Number(found[3]) };
    return range.start > 0 && range.count > 0 ? [range] : [];
  });
}
