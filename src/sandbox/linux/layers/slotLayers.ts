import { hash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, CommandResult, DependencyLayers } from '../../driver.ts';
import { SandboxError } from '../../error.ts';
import { isWithin } from '../../names.ts';
import { removeTree } from '../../remove.ts';
import { describeEnd } from '../../result.ts';
import type { Late } from '../late.ts';
import type { OpaquePart, Rights, SlotPlan } from '../plan.ts';
import { type Contents, findOuterLayers, judgeChanges, listContents, type OuterLayers } from './changes.ts';
import { lookOf } from './meta.ts';
import { ownedScript, packScript, sealScript, stackScript, unpackScript } from './scripts.ts';
import type { LayerStore, StoredLayer } from './store.ts';

/** So many at most lie on one another: the kernel takes more, but every look-up goes through them. */
const depthMax = 16;

/** What the kernel's defaults may be otherwise, and what lies in a layer would then not stand on its own. */
const plainOptions = ['nodev', 'index=off', 'metacopy=off', 'redirect_dir=nofollow', 'xino=off'];

const unpackWaitMs = 60_000;

export interface SlotLayersOptions {
  readonly slotDir: string;
  readonly kitDir: string | undefined;
  readonly rights: Rights;
  readonly plan: SlotPlan;
  readonly late: Late;
  readonly store: LayerStore;
  /** Everything about sandboxes of this kind that decides what an installation does in them. */
  readonly makeUp: string;
  readonly overlayOptions: readonly string[];
  /** The host's number of the user that this slot builds as, where no other slot has it: its files fit no other slot. */
  readonly slotUid: number | undefined;
  readonly run: (command: Command) => Promise<CommandResult>;
  /**
   * Called before anything is looked at, packed or mounted from outside: a process inside could swap a directory for a
   * link to the host meanwhile. Even a program of ours that ran inside may be one that an installation has put there.
   */
  readonly killAll: () => Promise<void>;
}

/** Undefined where something else is mounted in the prefix: layers cannot come below that. */
export function createSlotLayers(options: SlotLayersOptions): SlotLayers | undefined {
  const { inside, parts } = options.plan;
  const isCovered = parts.some(({ target }) =>
    inside.some((mount) => mount.target !== target && isWithin(mount.target, target)),
  );
  return parts.length === 0 || isCovered ? undefined : new SlotLayers(options);
}

/** What is being recorded: a directory of the store, whose parts are the writable layers. */
interface Recording {
  readonly dir: string;
  readonly before: Contents;
}

/** How the parts are to be mounted. */
interface Stack {
  /** Over what is mounted there, which goes, or on the bare place. */
  readonly how: 'over' | 'on';
  readonly upperOf: (part: OpaquePart, index: number) => string;
  /** Behind the writable directory's name; by default one that is new each time. */
  readonly workSuffix?: string;
  /** Something lies in the writable directories already. */
  readonly isFilled?: boolean;
}

/** The layers of installed dependencies of one slot. */
export class SlotLayers implements DependencyLayers {
  readonly #options: SlotLayersOptions;
  readonly #outer: OuterLayers;
  #chain: readonly StoredLayer[] = [];
  #recording: Recording | undefined;
  readonly #made: string[] = [];
  #mounts = 0;

  constructor(options: SlotLayersOptions) {
    this.#options = options;
    this.#outer = findOuterLayers(options.plan, options.slotDir, options.kitDir);
  }

  async open(keys: readonly string[]): Promise<number> {
    const { store } = this.#options;
    await store.load();
    for (let count = keys.length; count > 0; count -= 1) {
      const chain = store.chainOf(this.#keyOf(keys[count - 1] ?? ''));
      if (chain === undefined) continue;
      this.#hold(chain);
      await this.#stack({ how: 'over', upperOf: this.#ownOf });
      for (const layer of chain) if (layer.meta.hasOutside) await this.#unpack(layer);
      return count;
    }
    return 0;
  }

  async record(): Promise<boolean> {
    const { store, late, slotDir } = this.#options;
    if (this.#recording !== undefined || this.#chain.length >= depthMax) return false;
    await store.load();
    await this.#options.killAll();
    const before = await listContents(late, slotDir, this.#outer);
    const dir = store.makeNew();
    this.#made.push(dir);
    for (const [index, part] of this.#options.plan.parts.entries())
      this.#makePart(join(dir, String(index)), part);
    this.#recording = { dir, before };
    await this.#stack({ how: 'over', upperOf: (_, index) => join(dir, String(index)), workSuffix: '.work' });
    return true;
  }

  async keep(key: string): Promise<string | undefined> {
    const recording = this.#recording;
    if (recording === undefined) throw new Error('nothing is recorded');
    const { store, late, slotDir, plan, slotUid } = this.#options;
    const { dir, before } = recording;
    await this.#options.killAll();
    const after = await listContents(late, slotDir, this.#outer);
    const changes = await judgeChanges(late, this.#outer, before, after, slotUid);
    if (changes.kind === 'other') return changes.why;
    const owned = slotUid === undefined ? '' : await late.run(ownedScript, [dir, String(slotUid)]);
    if (owned !== '') return 'a file belongs to the build user';
    if (changes.paths.length > 0) await this.#pack(dir, changes.paths);
    const sizes = await late.run(sealScript, [late.root, dir, ...plan.parts.map(({ target }) => target)]);
    this.#recording = undefined;
    const ownKey = this.#keyOf(key);
    const parent = this.#chain.at(-1)?.key;
    const admission = store.admit(dir, ownKey, {
      ...(parent === undefined ? {} : { parent }),
      sizeBytes: sumKib(sizes),
      hasOutside: changes.paths.length > 0,
      sources: changes.sources.map((path) => ({ path, look: lookOf(path) })),
    });
    const chain = admission === 'no-room' ? undefined : store.chainOf(ownKey);
    if (chain === undefined) {
      // It stays the sandbox's own, with what was installed in it.
      await this.#stack({ how: 'on', upperOf: (_, index) => join(dir, String(index)), isFilled: true });
      return 'there is no room for another layer (sandbox.dependency_layers)';
    }
    this.#hold(chain);
    await this.#stack({ how: 'on', upperOf: this.#ownOf });
    return undefined;
  }

  /** When the sandbox is gone: what it made for itself goes, and what it shared is free. Throws SANDBOX_REMOVE. */
  async release(): Promise<void> {
    this.#options.store.release(this.#chain);
    this.#chain = [];
    for (const dir of this.#made.splice(0)) await removeTree(dir);
  }

  /** The writable directory that the slot was made with; nothing has been written to it. */
  readonly #ownOf = ({ layer }: OpaquePart): string => join(this.#options.slotDir, 'layers', String(layer));

  #keyOf(key: string): string {
    return hash('sha256', `${this.#options.makeUp}\n${key}`).slice(0, 32);
  }

  #hold(chain: readonly StoredLayer[]): void {
    const { store } = this.#options;
    store.hold(chain);
    store.release(this.#chain);
    this.#chain = chain;
  }

  /** Mounts each part anew: the layers, below a writable one. `volatile` wants a work directory that was never used. */
  async #stack({ how, upperOf, workSuffix, isFilled = false }: Stack): Promise<void> {
    const { late, store, plan, overlayOptions } = this.#options;
    this.#mounts += 1;
    const suffix = workSuffix ?? `.again${this.#mounts}`;
    const words = plan.parts.flatMap((part, index) => {
      const layers = this.#chain.toReversed().map(({ key }) => `${key}/${index}`);
      const lowers = part.kit === undefined ? layers : [...layers, part.kit];
      const upper = upperOf(part, index);
      const work = upper + suffix;
      const options = [
        `lowerdir=${(lowers.length === 0 ? [store.emptyDir] : lowers).join(':')}`,
        ...[`upperdir=${upper}`, `workdir=${work}`, ...plainOptions, ...overlayOptions],
      ];
      // What shows of the place itself is the writable directory's: empty, it is to look like the one below.
      const like = isFilled ? undefined : layers[0];
      return [part.target, options.join(','), upper, work, like ?? ''];
    });
    await late.run(stackScript, [late.root, store.dir, how, ...words]);
  }

  #makePart(dir: string, { layer }: OpaquePart): void {
    const { plan, rights } = this.#options;
    const like = plan.layers[layer];
    if (like === undefined) throw new Error(`the plan has no layer ${layer}`);
    mkdirSync(dir);
    for (const below of like.dirs) mkdirSync(join(dir, below), { recursive: true, mode: 0o755 });
    if (rights === 'root') chownSync(dir, like.uid, like.gid);
    chmodSync(dir, like.mode);
  }

  async #pack(dir: string, paths: readonly string[]): Promise<void> {
    const { late } = this.#options;
    writeFileSync(join(dir, 'outside.list'), paths.map((path) => `.${path}\0`).join(''));
    await late.run(packScript, [late.root, dir]);
  }

  /** Inside, by a program of the inside: no link there can lead to the host. */
  async #unpack({ dir }: StoredLayer): Promise<void> {
    const result = await this.#options.run({
      argv: ['/bin/sh', '-c', unpackScript],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      cwd: '/',
      user: undefined,
      network: false,
      output: { kind: 'capture', maxBytes: 1024 },
      input: readFileSync(join(dir, 'outside.tar')).toString('base64'),
      signal: AbortSignal.timeout(unpackWaitMs),
    });
    if (result.kind === 'exited' && result.code === 0) return;
    const said = result.kind === 'exited' ? `: ${result.stderr.trim()}` : '';
    throw new SandboxError(
      'SANDBOX_LATE',
      `files of a layer were not unpacked: ${describeEnd(result)}${said}`,
      {
        hint: 'look for free disk space; sandbox.dependency_layers = 0 does without layers',
      },
    );
  }
}

/** Lines of du(1), each beginning with KiB. */
function sumKib(text: string): number {
  const counts = text.split('\n').map((line) => Number.parseInt(line, 10));
  return counts.filter(Number.isFinite).reduce((sum, kib) => sum + kib * 1024, 0);
}
