import { lstatSync, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import type { SandboxSpec, Share } from '../driver.ts';
import { kitDirectory } from '../kit-directory.ts';
import type { MountEntry } from '../mounts.ts';
import { ancestorsOf, checkPath, depthOf, isMountable, isWithin, outermost, relativeTo } from '../names.ts';
import { checkTarget, isDirectory, realDirectory, specError, submounts } from './planChecks.ts';
import { hostMount } from './script.ts';
import { copyAccounts, coverSecrets, isReadable } from './secrets.ts';

/** One mount of the plan. `source` and `lowers` are paths of the host. */
export type PlannedMount =
  | {
      readonly kind: 'overlay';
      readonly target: string;
      readonly lowers: readonly string[];
      readonly layer: number;
    }
  /** A directory of the slot's own, without a layer below: as fast as the disk. */
  | { readonly kind: 'fresh'; readonly target: string; readonly layer: number }
  | { readonly kind: 'bind'; readonly target: string; readonly source: string; readonly access: 'ro' | 'rw' };

/**
 * Whose rights build the slot: `root`, or those that an ordinary account has in a user namespace. There the host's
 * mounts stay together as they are, and the files of the host's root belong to nobody.
 */
export type Rights = 'root' | 'own';

/** A writable directory of the slot; `n` in the list is `layers/n`, with its work directory `layers/n.work`. */
export interface Layer {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly hasWork: boolean;
  /** Directories made in it beforehand. */
  readonly dirs: readonly string[];
}

/** A directory that never shows the host's: what is installed lies there, so that layers can be put below it. */
export interface OpaquePart {
  readonly target: string;
  /** What the kit has there, on the host. */
  readonly kit: string | undefined;
  readonly layer: number;
}

/** Everything about one slot's inside that is decided before anything is made. */
export interface SlotPlan {
  /** The skeleton, lowest but one of the root: real directories and links that the kit cannot replace. */
  readonly dirs: ReadonlyMap<string, number>;
  readonly links: ReadonlyMap<string, string>;
  /**
   * Files of the host that are links or mounts of their own, or that must be root's inside: shown as copies. Inside
   * path to host path.
   */
  readonly copies: ReadonlyMap<string, string>;
  /** Files that show this text in place of the host's. */
  readonly covers: ReadonlyMap<string, string>;
  readonly layers: readonly Layer[];
  /** Before the root is changed. */
  readonly system: readonly PlannedMount[];
  /** After that, in order. */
  readonly inside: readonly PlannedMount[];
  readonly parts: readonly OpaquePart[];
  /** The work area, where the spec names one. */
  readonly work: { readonly target: string; readonly uid: number; readonly gid: number } | undefined;
}

const skeleton: readonly (readonly [string, number])[] = [
  [hostMount, 0o700],
  ['/dev', 0o755],
  ['/proc', 0o755],
  ['/sys', 0o755],
  ['/run', 0o755],
  ['/root', 0o700],
  ['/home', 0o755],
  ['/tmp', 0o1777],
  ['/var', 0o755],
  ['/var/db', 0o755],
  ['/var/log', 0o755],
  ['/var/tmp', 0o1777],
];

/**
 * Decides the inside of a slot from what is wanted and what this host has. Reads the host's directories, changes
 * nothing. Throws SANDBOX_SPEC.
 */
export function planSlot(spec: SandboxSpec, systemDirs: readonly string[], rights: Rights): SlotPlan {
  return new Planner(spec, rights).plan(systemDirs);
}

class Planner {
  readonly #spec: SandboxSpec;
  readonly #rights: Rights;
  readonly #dirs = new Map<string, number>(skeleton);
  readonly #links = new Map<string, string>([['/var/run', '../run']]);
  readonly #copies = new Map<string, string>();
  readonly #covers = new Map<string, string>();
  readonly #layers: Layer[] = [{ mode: 0o755, uid: 0, gid: 0, hasWork: true, dirs: [] }];
  readonly #system: PlannedMount[] = [];
  readonly #inside: PlannedMount[] = [];
  readonly #parts: OpaquePart[] = [];

  constructor(spec: SandboxSpec, rights: Rights) {
    this.#spec = spec;
    this.#rights = rights;
    if (spec.kitDir !== undefined) checkPath(spec.kitDir, 'bootstrap kit');
    for (const dir of spec.opaqueDirs) checkPath(dir, 'prefix or package database');
    for (const { source, target } of spec.shares) {
      checkPath(source, 'shared directory');
      checkTarget(target, 'shared directory');
    }
    for (const { path } of spec.freshDirs) checkTarget(path, 'fresh directory');
  }

  plan(systemDirs: readonly string[]): SlotPlan {
    for (const dir of systemDirs) this.#addSystemDir(dir);
    this.#system.sort(byDepth);
    for (const dir of outermost(this.#spec.opaqueDirs)) this.#addOpaqueDir(dir);
    for (const share of this.#spec.shares) this.#addShare(share);
    for (const { path, owner } of this.#spec.freshDirs) {
      const layer = this.#addLayer({ mode: 0o755, uid: owner?.uid ?? 0, gid: owner?.gid ?? 0 }, false);
      this.#inside.push({ kind: 'fresh', target: path, layer });
    }
    this.#inside.sort(byDepth);
    this.#checkTargets();
    return {
      dirs: this.#dirs,
      links: this.#links,
      copies: this.#copies,
      covers: this.#covers,
      layers: this.#layers,
      system: this.#system,
      inside: this.#inside,
      parts: this.#parts,
      work: this.#findWork(),
    };
  }

  #addSystemDir(dir: string): void {
    checkPath(dir, 'system directory');
    const stat = lstatSync(dir, { throwIfNoEntry: false });
    if (stat === undefined || this.#system.some((mount) => isWithin(dir, mount.target))) return;
    const hidden = this.#spec.opaqueDirs.find((opaque) => isWithin(dir, opaque));
    if (hidden !== undefined) throw specError(`${hidden} is to hide the system directory ${dir}`);
    const parent = dir.slice(0, dir.lastIndexOf('/')) || '/';
    if (realpathSync(parent) !== parent)
      throw specError(`the system directory ${dir} lies behind a symbolic link`);
    if (stat.isSymbolicLink()) {
      this.#addParents(dir);
      this.#dirs.delete(dir);
      this.#links.set(dir, readlinkSync(dir));
      return;
    }
    if (!stat.isDirectory()) throw specError(`the system directory ${dir} is not a directory`);
    this.#addParents(dir);
    this.#dirs.set(dir, 0o755);
    const below = submounts(dir);
    // The kernel lets nobody but root look behind a mount, which a layer over the directory would do.
    if (this.#rights === 'own' && below.length > 0) {
      for (const name of readdirSync(dir)) this.#addSystemPart(`${dir}/${name}`);
      return;
    }
    this.#addSystemOverlay(dir, stat);
    // An overlay shows one file system; what the host has mounted below needs its own.
    for (const mount of below) this.#addSubmount(mount);
    if (dir === '/etc') this.#addCovers(dir);
    const resolver = '/etc/resolv.conf';
    if (dir === '/etc' && lstatSync(resolver, { throwIfNoEntry: false })?.isSymbolicLink()) {
      this.#copies.set(resolver, resolver);
    }
  }

  /** One entry of a system directory that cannot be shown as a whole: directories as they are, files as copies. */
  #addSystemPart(path: string): void {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || this.#spec.opaqueDirs.includes(path)) return;
    if (stat.isSymbolicLink()) this.#links.set(path, readlinkSync(path));
    else if (stat.isFile() && isReadable(path)) this.#copies.set(path, path);
    else if (stat.isFile()) this.#covers.set(path, '');
    // What the account cannot read, or a mount table not name, is left out: nobody inside could use it, or needs it.
    else if (stat.isDirectory() && isReadable(path) && isMountable(path)) {
      this.#dirs.set(path, 0o755);
      this.#system.push({ kind: 'bind', target: path, source: path, access: 'ro' });
    }
  }

  #addCovers(etc: string): void {
    for (const [path, text] of coverSecrets(etc)) this.#covers.set(path, text);
    if (this.#rights === 'root') return;
    const { copies, covers } = copyAccounts(etc);
    for (const path of copies) this.#copies.set(path, path);
    for (const path of covers) this.#covers.set(path, '');
  }

  #addSubmount(mount: MountEntry): void {
    const { target, type } = mount;
    if (this.#spec.opaqueDirs.some((dir) => isWithin(target, dir)) || type === 'autofs') return;
    const stat = statSync(target);
    if (stat.isDirectory()) this.#addSystemOverlay(target, stat);
    else if (stat.isFile()) this.#copies.set(target, target);
  }

  #addSystemOverlay(dir: string, stat: Stats): void {
    checkPath(dir, 'system directory');
    const kit = kitDirectory(this.#spec.kitDir, dir);
    const lowers = kit === undefined ? [dir] : [kit, dir];
    this.#system.push({ kind: 'overlay', target: dir, lowers, layer: this.#addLayer(stat, true) });
  }

  /**
   * A mount of its own, wherever it lies: below a system directory it hides what the host has there, and elsewhere layers
   * can be put below it all the same.
   */
  #addOpaqueDir(dir: string): void {
    const kit = kitDirectory(this.#spec.kitDir, dir);
    const nested = this.#spec.opaqueDirs.filter((other) => other !== dir && isWithin(other, dir));
    const missing = nested.filter((other) => kitDirectory(this.#spec.kitDir, other) === undefined);
    const stat = kit === undefined ? { mode: 0o755, uid: 0, gid: 0 } : statSync(kit);
    const layer = this.#addLayer(
      stat,
      kit !== undefined,
      missing.map((path) => relativeTo(path, dir)),
    );
    this.#parts.push({ target: dir, kit, layer });
    const mount: PlannedMount =
      kit === undefined
        ? { kind: 'fresh', target: dir, layer }
        : { kind: 'overlay', target: dir, lowers: [kit], layer };
    this.#inside.push(mount);
  }

  #findWork(): SlotPlan['work'] {
    const { workDir, freshDirs } = this.#spec;
    const found = freshDirs.find(({ path }) => path === workDir);
    if (found === undefined) return undefined;
    return { target: found.path, uid: found.owner?.uid ?? 0, gid: found.owner?.gid ?? 0 };
  }

  #addShare(share: Share): void {
    const { target, access } = share;
    const source = realDirectory(share.source);
    const below = access === 'rw' ? [] : submounts(source).map((mount) => mount.target);
    const parts = [source, ...below.filter(isDirectory)];
    for (const part of parts) {
      const rest = relativeTo(part, source);
      const place = rest === '' ? target : `${target}/${rest}`;
      checkPath(part, 'shared directory');
      if (access === 'scratch') {
        const layer = this.#addLayer(statSync(part), true);
        this.#inside.push({ kind: 'overlay', target: place, lowers: [part], layer });
      } else {
        this.#inside.push({ kind: 'bind', target: place, source: part, access });
      }
    }
  }

  /** Each target once, and no mount point that would have to be made in a directory of the host's. */
  #checkTargets(): void {
    const seen = new Set(this.#system.map((mount) => mount.target));
    for (const [index, { target }] of this.#inside.entries()) {
      if (seen.has(target)) throw specError(`two directories are to appear at ${target}`);
      seen.add(target);
      const around = this.#inside.slice(0, index).findLast((outer) => isWithin(target, outer.target));
      if (around?.kind === 'bind') {
        const place = `${around.source}/${relativeTo(target, around.target)}`;
        if (!isDirectory(place))
          throw specError(`${target} would have to be made in the shared ${around.source}`);
      } else if (around === undefined && !this.#system.some((mount) => isWithin(target, mount.target))) {
        this.#addDir(target);
      }
    }
  }

  #addLayer(
    stat: Pick<Stats, 'mode' | 'uid' | 'gid'>,
    hasWork: boolean,
    dirs: readonly string[] = [],
  ): number {
    this.#layers.push({ mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, hasWork, dirs });
    return this.#layers.length - 1;
  }

  #addDir(path: string): void {
    this.#addParents(path);
    if (!this.#dirs.has(path)) this.#dirs.set(path, 0o755);
  }

  #addParents(path: string): void {
    for (const dir of ancestorsOf(path)) {
      if (this.#links.has(dir)) throw specError(`${path} lies behind ${dir}, which is a symbolic link`);
      if (!this.#dirs.has(dir)) this.#dirs.set(dir, 0o755);
    }
  }
}

function byDepth(a: PlannedMount, b: PlannedMount): number {
  return depthOf(a.target) - depthOf(b.target);
}
