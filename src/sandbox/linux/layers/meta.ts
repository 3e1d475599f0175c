import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { layerKey } from './place.ts';

const metaFile = 'meta.json';

const layerMeta = z.object({
  format: z.literal(1),
  /** Of the layer below it; absent for the lowest. */
  parent: z.string().regex(layerKey).optional(),
  /** The start of the host in which it was made: it may not have reached the disk when the host went down. */
  boot: z.string(),
  sizeBytes: z.int().nonnegative(),
  /** It changed files elsewhere, which are in `outside.tar`. */
  hasOutside: z.boolean(),
  /** Files of the host that those in `outside.tar` were made from, and how they looked then. */
  sources: z.array(z.object({ path: z.string(), look: z.string() })),
});

/** What is known of one layer; see above. */
export type LayerMeta = z.infer<typeof layerMeta>;

/** Throws what the file system throws. */
export function writeMeta(dir: string, meta: LayerMeta): void {
  writeFileSync(join(dir, metaFile), `${JSON.stringify(meta)}\n`, { mode: 0o600 });
}

/** With the time of its last use, Unix milliseconds; undefined for one that is damaged. */
export function readMeta(dir: string): { readonly meta: LayerMeta; readonly usedAtMs: number } | undefined {
  const path = join(dir, metaFile);
  try {
    return {
      meta: layerMeta.parse(JSON.parse(readFileSync(path, 'utf8'))),
      usedAtMs: statSync(path).mtimeMs,
    };
  } catch {
    return undefined;
  }
}

/** Notes that a layer is used now, for the next start of the agent. That it cannot be noted does no harm. */
export function touchMeta(dir: string, atMs: number): void {
  try {
    utimesSync(join(dir, metaFile), atMs / 1000, atMs / 1000);
  } catch {
    // It is evicted earlier, no more.
  }
}

/** How a file of the host looks: another word when it may have another content. */
export function lookOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'absent';
  return [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(':');
}
