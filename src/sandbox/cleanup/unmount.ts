import { setTimeout as delay } from 'node:timers/promises';
import { mountsWithin } from '../mounts.ts';
import { runBounded } from '../process.ts';
import { hostUnmountTools, type UnmountTools } from './tools.ts';

export interface UnmountReport {
  readonly removed: number;
  /** Mount points that are still there. */
  readonly left: readonly string[];
  /** How many times it was tried, and what the tools said last of each mount that did not go at the first. */
  readonly tries: number;
  readonly said: readonly string[];
}

export interface UnmountOptions {
  readonly tools?: UnmountTools;
  /** Called before each try but the first: who came back to use it goes once more. */
  readonly again?: () => Promise<void>;
}

/**
 * Unmounts everything at or below `dir`, last mounted first, from the kernel's own table read anew for each try; at
 * last by force and lazily, as far as the system has that. What a tool says or how it ends decides nothing, the table
 * does. A tool that hangs is given up, and its mount is not asked for that way again. Nothing that is mounted
 * elsewhere goes with it. Throws SANDBOX_MOUNTS.
 */
export async function unmountWithin(dir: string, options: UnmountOptions = {}): Promise<UnmountReport> {
  const { tools = hostUnmountTools, again = async () => undefined } = options;
  const before = mountsWithin(dir).length;
  if (before === 0) return { removed: 0, left: [], tries: 0, said: [] };
  await isolateWithin(dir, tools);
  const attempt = new Attempt(dir, tools.limitMs);
  if (tools.isPlural) await attempt.unmountTogether(tools.plain);
  let tries = 0;
  for (let waitMs = tools.waitMs; tries < tools.tries; waitMs *= 2) {
    tries += 1;
    await attempt.unmount(tools.plain);
    if (attempt.isOver() || attempt.hangsOnly()) break;
    await delay(Math.min(waitMs, tools.waitMaxMs));
    await again();
  }
  for (const words of tools.last) if (!attempt.isOver()) await attempt.unmount(words, true);
  const left = mountsWithin(dir).map((mount) => mount.target);
  return { removed: Math.max(0, before - left.length), left, tries, said: attempt.said() };
}

/** One clearing of a directory, with what its tools said. */
class Attempt {
  readonly #dir: string;
  readonly #limitMs: number;
  readonly #said = new Map<string, string>();
  readonly #hanging = new Set<string>();

  constructor(dir: string, limitMs: number) {
    this.#dir = dir;
    this.#limitMs = limitMs;
  }

  isOver(): boolean {
    return mountsWithin(this.#dir).length === 0;
  }

  hangsOnly(): boolean {
    return mountsWithin(this.#dir).every(({ target }) => this.#hanging.has(target));
  }

  said(): readonly string[] {
    return [...this.#said].map(([target, words]) => `${target}: ${words}`);
  }

  /** All by one tool: most often nothing stands in the way, and a tool for each costs more than what it does. */
  async unmountTogether(words: readonly string[]): Promise<void> {
    const targets = mountsWithin(this.#dir).map(({ target }) => target);
    if (targets.length > 1) await runBounded([...words, ...targets.toReversed()], this.#limitMs);
  }

  async unmount(words: readonly string[], withHanging = false): Promise<void> {
    for (const { target } of mountsWithin(this.#dir).toReversed()) {
      if (this.#hanging.has(target) && !withHanging) continue;
      const { ok, stderr, isLate } = await runBounded([...words, target], this.#limitMs);
      if (isLate) this.#hanging.add(target);
      if (!ok) this.#said.set(target, `${words.join(' ')}: ${stderr}`);
      else if (mountsWithin(target).length > 0) this.#said.set(target, `${words.join(' ')}: done, it said`);
    }
  }
}

/**
 * Where a mount has peers, unmounting below it unmounts at the peers as well: at the host's own /dev, when that was
 * bound with all below it.
 */
async function isolateWithin(dir: string, { isolate, limitMs }: UnmountTools): Promise<void> {
  if (isolate === undefined) return;
  const shared = mountsWithin(dir).filter((mount) => mount.isShared);
  for (const { target } of shared) await runBounded([...isolate, target], limitMs);
}
