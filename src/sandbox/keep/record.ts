import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { keptPrefix } from '../hold/record.ts';

const keptFile = '.bulkmesh-kept';

const userId = z.object({ name: z.string(), uid: z.int(), gid: z.int(), home: z.string() });

/** One directory inside whose writable layer was kept. */
const keptPart = z.object({
  target: z.string(),
  /** Below the directory of the kept sandbox. */
  layer: z.string(),
  /** What lies below the layer, on the host, the uppermost first; empty: the layer is the whole directory. */
  lowers: z.array(z.string()),
});

/** Everything that is needed to mount a kept sandbox again, and what a person wants to know of it. */
const keptRecord = z.object({
  format: z.literal(1),
  pkg: z.string(),
  pkgpath: z.string(),
  build: z.string(),
  stage: z.string(),
  reason: z.string(),
  logDir: z.string(),
  /** Unix milliseconds. */
  failedAtMs: z.number(),
  untilMs: z.number(),
  sizeBytes: z.number(),
  /** Program and arguments that go on where make stopped, and where they run inside. */
  again: z.array(z.string()),
  cwd: z.string(),
  workDir: z.string(),
  user: userId.optional(),
  env: z.record(z.string(), z.string()),
  parts: z.array(keptPart),
});

export type KeptPart = Readonly<z.infer<typeof keptPart>>;
export type KeptRecord = Readonly<z.infer<typeof keptRecord>>;

/** Where the kept sandboxes of an agent lie. */
export function keptDir(stateDir: string): string {
  return join(stateDir, 'kept');
}

/** The slot in which a kept sandbox is mounted again: one at a time. */
export function keptSlot(pkg: string): string {
  const plain = pkg.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 40);
  return `${keptPrefix}${plain}-${createHash('sha256').update(pkg).digest('hex').slice(0, 8)}`;
}

/** Reads the record of a kept sandbox; undefined when there is none, or none that can be read. */
export function readKept(dir: string): KeptRecord | undefined {
  try {
    return keptRecord.parse(JSON.parse(readFileSync(join(dir, keptFile), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Writes it, in one step. */
export function writeKept(dir: string, record: KeptRecord): void {
  const file = join(dir, keptFile);
  writeFileSync(`${file}.next`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(`${file}.next`, file);
}
