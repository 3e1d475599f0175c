import { readdirSync, statSync } from 'node:fs';
import type { Late } from '../late.ts';
import type { SlotPlan } from '../plan.ts';

/** One file of a writable layer of the slot, at its path inside. */
interface Entry {
  /** As find(1) has it: `f`, `d`, `l` ... */
  readonly type: string;
  readonly sizeBytes: number;
  readonly uid: number;
  /** Another one when anything about the file has changed. */
  readonly mark: string;
}

/** What lies in writable layers, by the path inside. */
export type Contents = ReadonlyMap<string, Entry>;

/** The writable layers that are not of the prefix and the package database, with where they show. */
export interface OuterLayers {
  /** By path below the slot's directory. */
  readonly targets: ReadonlyMap<string, string>;
  /** Directories of the host that show below a layer, by where it shows. */
  readonly lowers: ReadonlyMap<string, readonly string[]>;
}

/** More than this is no small change of an installation. */
const bytesMax = 1024 * 1024;
const entriesMax = 2000;

/** 1 slot directory, then layers below it. */
const listScript = `
set -eu
cd "$1"
shift
exec find "$@" -mindepth 1 -printf '%y\\t%s\\t%U\\t%i:%m:%G:%T@:%C@\\t%H\\t%P\\0'
`;

/** Directories. */
const namesScript = `exec find "$@" -mindepth 1 -maxdepth 1 -printf '%H\\t%f\\0'`;

export function findOuterLayers(plan: SlotPlan, slotDir: string, kitDir: string | undefined): OuterLayers {
  const targets = new Map([['layers/0', '/']]);
  const lowers = new Map([['/', [`${slotDir}/base`, ...(kitDir === undefined ? [] : [kitDir])]]]);
  const isPart = (target: string): boolean => plan.parts.some((part) => part.target === target);
  for (const mount of [...plan.system, ...plan.inside]) {
    if (mount.kind === 'bind' || isPart(mount.target)) continue;
    targets.set(`layers/${mount.layer}`, mount.target);
    lowers.set(mount.target, mount.kind === 'overlay' ? [...mount.lowers] : []);
  }
  return { targets, lowers };
}

/** Throws SANDBOX_LATE. */
export async function listContents(late: Late, slotDir: string, outer: OuterLayers): Promise<Contents> {
  const text = await late.run(listScript, [slotDir, ...outer.targets.keys()]);
  const found = new Map<string, Entry>();
  for (const line of text.split('\0')) {
    const [type = '', size = '', uid = '', mark = '', layer = '', ...path] = line.split('\t');
    const target = outer.targets.get(layer);
    if (target === undefined) continue;
    const inside = `${target === '/' ? '' : target}/${path.join('\t')}`;
    found.set(inside, {
      type,
      sizeBytes: Number(size),
      uid: Number(uid),
      mark: `${type}:${size}:${uid}:${mark}`,
    });
  }
  return found;
}

/** What an installation has done outside the prefix and the package database. */
export type OuterChanges =
  | {
      readonly kind: 'plain';
      /** Paths inside, parents first: files, directories and links, to be put in their places again. */
      readonly paths: readonly string[];
      /** Files of the host that some of them were changed from. */
      readonly sources: readonly string[];
    }
  /** It cannot be done again by putting files in their places. */
  | { readonly kind: 'other'; readonly why: string };

/** `slotUid` is a user that only this slot has. Throws SANDBOX_LATE. */
export async function judgeChanges(
  late: Late,
  outer: OuterLayers,
  before: Contents,
  after: Contents,
  slotUid: number | undefined,
): Promise<OuterChanges> {
  const gone = [...before.keys()].find((path) => !after.has(path));
  if (gone !== undefined) return { kind: 'other', why: `${gone} was deleted` };
  const changed = [...after].filter(([path, { mark }]) => before.get(path)?.mark !== mark);
  if (changed.length > entriesMax) return { kind: 'other', why: `${changed.length} files were changed` };
  let bytes = 0;
  for (const [path, { type, sizeBytes, uid }] of changed) {
    if (uid === slotUid) return { kind: 'other', why: `${path} belongs to the build user` };
    if (!'fdl'.includes(type)) return { kind: 'other', why: `${path} was deleted, or is no plain file` };
    if (type === 'f') bytes += sizeBytes;
  }
  if (bytes > bytesMax) return { kind: 'other', why: `${bytes} bytes were written` };
  const dirs = changed.filter(([path, { type }]) => type === 'd' && !before.has(path)).map(([path]) => path);
  const emptied = await findEmptied(late, outer, dirs);
  if (emptied !== undefined) return { kind: 'other', why: `${emptied} was deleted and made anew` };
  const paths = changed.map(([path]) => path).toSorted();
  const sources = changed.flatMap(([path, { type }]) => (type === 'd' ? [] : lowersOf(outer, path)));
  return { kind: 'plain', paths, sources: sources.filter(isThere) };
}

/** A directory that hides what lies below it, though it shows at the same place. */
async function findEmptied(
  late: Late,
  outer: OuterLayers,
  dirs: readonly string[],
): Promise<string | undefined> {
  const over = dirs.flatMap((path) =>
    lowersOf(outer, path)
      .filter(isDirectory)
      .map((lower) => ({ path, lower })),
  );
  if (over.length === 0) return undefined;
  const shown = new Set(
    (
      await late.run(
        namesScript,
        over.map(({ path }) => late.root + path),
      )
    ).split('\0'),
  );
  const isHidden = ({ path, lower }: { path: string; lower: string }): boolean =>
    readdirSync(lower).some((name) => !shown.has(`${late.root}${path}\t${name}`));
  return over.find(isHidden)?.path;
}

/** Where the path lies in directories of the host that show below its layer. */
function lowersOf({ lowers }: OuterLayers, path: string): readonly string[] {
  const around = [...lowers.keys()].filter((target) => target === '/' || path.startsWith(`${target}/`));
  const target = around.toSorted((a, b) => b.length - a.length)[0] ?? '/';
  const below = target === '/' ? path : path.slice(target.length);
  return (lowers.get(target) ?? []).map((lower) => lower + below);
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
