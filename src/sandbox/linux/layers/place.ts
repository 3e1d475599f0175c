import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, ownProcess } from '../../proc.ts';
import { removeTree } from '../../remove.ts';

/** Where the layers of installed dependencies lie, below the state directory. */
export function layersPlace(stateDir: string): string {
  return join(stateDir, 'deps');
}

/** A name in that directory under which a layer is kept. */
export const layerKey = /^[0-9a-f]{32}$/;

const passingName = /^\.new-[0-9a-f]{16}-(\d+)-(\d+)$/;

/** A name for what is not a layer yet, or no longer: this process's own, and to be deleted when it is gone. */
export function makePassingName(): string {
  const own = ownProcess();
  return `.new-${randomBytes(8).toString('hex')}-${own.pid}-${own.startTicks}`;
}

/** Makes the directory of layers; nobody but the agent enters it. */
export function makePlace(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
}

/** What is in the directory of layers; nothing where there is none. */
export function listPlace(dir: string): readonly string[] {
  return lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(dir) : [];
}

/**
 * Removes what a dead agent had begun to make, or to delete. Returns the number of directories removed; throws
 * SANDBOX_REMOVE.
 */
export async function sweepLayers(stateDir: string): Promise<number> {
  const dir = layersPlace(stateDir);
  let removed = 0;
  for (const name of listPlace(dir)) {
    const owner = passingName.exec(name);
    if (owner === null || isRunning({ pid: Number(owner[1]), startTicks: Number(owner[2]) })) continue;
    await removeTree(join(dir, name));
    removed += 1;
  }
  return removed;
}
