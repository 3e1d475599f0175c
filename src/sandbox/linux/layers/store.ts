import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../errors.ts';
import { isKeptLower } from '../../keep/store.ts';
import { readBootId } from '../../record.ts';
import { removeTree } from '../../remove.ts';
import { type LayerMeta, lookOf, readMeta, touchMeta, writeMeta } from './meta.ts';
import { layerKey, layersPlace, listPlace, makePassingName, makePlace, sweepLayers } from './place.ts';

/** A layer that is kept. */
export interface StoredLayer {
  readonly key: string;
  readonly dir: string;
  readonly meta: LayerMeta;
}

interface Entry extends StoredLayer {
  usedAtMs: number;
  /** Sandboxes that have it mounted. */
  holders: number;
}

export type Admission = 'kept' | 'known' | 'no-room';

/** A directory to stand below where there is nothing else: an overlay wants one. */
const emptyName = '.empty';

/**
 * The layers of one agent on disk, in memory by their key. Together they take at most `bytesMax`; those used longest ago
 * go first, never one that is mounted or that another one lies on.
 */
export class LayerStore {
  readonly dir: string;
  readonly #stateDir: string;
  readonly #bytesMax: number;
  readonly #entries = new Map<string, Entry>();
  readonly #removals = new Set<Promise<void>>();
  readonly #left: string[] = [];
  #loading: Promise<void> | undefined;

  constructor(stateDir: string, bytesMax: number) {
    this.dir = layersPlace(stateDir);
    this.#stateDir = stateDir;
    this.#bytesMax = bytesMax;
  }

  /** Whether layers are wanted at all. */
  get isOn(): boolean {
    return this.#bytesMax > 0;
  }

  get emptyDir(): string {
    return emptyName;
  }

  /**
   * Takes stock, once, of what earlier lives kept. What was made before the host's last start, is damaged, lies on one
   * that is not there, or is too much is deleted.
   */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** As `load`; returns what would not go then, one line each, and each once. */
  async sweep(): Promise<readonly string[]> {
    await this.load();
    return this.#left.splice(0);
  }

  async #load(): Promise<void> {
    const boot = readBootId();
    await sweepLayers(this.#stateDir).catch((error: unknown) => this.#left.push(messageOf(error)));
    if (this.#bytesMax > 0) {
      makePlace(this.dir);
      mkdirSync(join(this.dir, emptyName), { recursive: true, mode: 0o755 });
    }
    for (const key of listPlace(this.dir).filter((name) => layerKey.test(name))) {
      const dir = join(this.dir, key);
      const found = readMeta(dir);
      const isGood = found !== undefined && found.meta.boot === boot && boot !== '' && this.#bytesMax > 0;
      if (isGood) this.#entries.set(key, { key, dir, holders: 0, ...found });
      else this.#discard(dir);
    }
    for (const { key } of this.#entries.values()) if (this.chainOf(key) === undefined) this.#forget(key);
    this.#makeRoom(0);
    await Promise.allSettled(this.#removals);
  }

  /**
   * A layer and all below it, the lowest first; undefined unless all are there and may still be used: the files of the
   * host that they have changed copies of are as they were.
   */
  chainOf(key: string): readonly StoredLayer[] | undefined {
    const chain: StoredLayer[] = [];
    for (let at: string | undefined = key; at !== undefined; ) {
      const layer = this.#entries.get(at);
      if (layer === undefined || chain.includes(layer)) return undefined;
      if (layer.meta.sources.some(({ path, look }) => lookOf(path) !== look)) return undefined;
      chain.unshift(layer);
      at = layer.meta.parent;
    }
    return chain;
  }

  hold(layers: readonly StoredLayer[]): void {
    const nowMs = Date.now();
    for (const { key, dir } of layers) {
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      entry.holders += 1;
      entry.usedAtMs = nowMs;
      touchMeta(dir, nowMs);
    }
  }

  release(layers: readonly StoredLayer[]): void {
    for (const { key } of layers) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) entry.holders -= 1;
    }
  }

  /** A directory for a layer to be made in. */
  makeNew(): string {
    const dir = join(this.dir, makePassingName());
    mkdirSync(dir, { mode: 0o700 });
    return dir;
  }

  /**
   * Keeps what was made in a directory of `makeNew` under a key. `known`: another sandbox was first, and the directory
   * stays where it is; `no-room`: so it does, since it would take more than there may be.
   */
  admit(made: string, key: string, meta: Omit<LayerMeta, 'format' | 'boot'>): Admission {
    const known = this.#entries.get(key);
    if (known !== undefined && this.chainOf(key) !== undefined) return 'known';
    // What stands there is of no use any more, but somebody may still have it mounted.
    if (known !== undefined && !this.#isFree(known)) return 'no-room';
    if (known !== undefined) this.#forget(key);
    if (!this.#makeRoom(meta.sizeBytes)) return 'no-room';
    const whole: LayerMeta = { format: 1, boot: readBootId(), ...meta };
    const dir = join(this.dir, key);
    writeMeta(made, whole);
    renameSync(made, dir);
    this.#entries.set(key, { key, dir, meta: whole, usedAtMs: Date.now(), holders: 0 });
    return 'kept';
  }

  /** Deletes a directory of the store, in its own time; what will not go is tried again by the next start. */
  #discard(dir: string): void {
    const removal = (async () => {
      const trash = join(this.dir, makePassingName());
      renameSync(dir, trash);
      await removeTree(trash);
    })().catch(() => undefined);
    this.#removals.add(removal);
    void removal.then(() => this.#removals.delete(removal));
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#discard(entry.dir);
  }

  #isFree(entry: Entry): boolean {
    if (entry.holders > 0 || isKeptLower(this.#stateDir, entry.dir)) return false;
    return [...this.#entries.values()].every(({ meta }) => meta.parent !== entry.key);
  }

  /** False when so much cannot be made free. */
  #makeRoom(bytes: number): boolean {
    if (bytes > this.#bytesMax) return false;
    for (;;) {
      const used = [...this.#entries.values()].reduce((sum, { meta }) => sum + meta.sizeBytes, 0);
      if (used + bytes <= this.#bytesMax) return true;
      const free = [...this.#entries.values()].filter((entry) => this.#isFree(entry));
      const oldest = free.toSorted((a, b) => a.usedAtMs - b.usedAtMs)[0];
      if (oldest === undefined) return false;
      this.#forget(oldest.key);
    }
  }
}
