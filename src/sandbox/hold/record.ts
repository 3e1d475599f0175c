import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode, SandboxError } from '../error.ts';
import { isRunning } from '../proc.ts';
import { readBootId, readRecord, slotsDir } from '../record.ts';

/** Slots of sandboxes that a person asked for. Builds use other names. */
const heldPrefix = 'dev-';
/** Slots in which a person looks into the kept sandbox of a package that failed. */
export const keptPrefix = 'kept-';
const heldFile = '.bulkmesh-held';

/** What is known of a held sandbox besides its slot's record. */
const heldRecord = z.object({
  format: z.literal(1),
  /** Unix milliseconds: when it was made, and when it goes by itself. */
  madeAtMs: z.number(),
  untilMs: z.number(),
  /** The account that packages are built as inside, and its environment. */
  user: z.object({ name: z.string(), uid: z.int(), gid: z.int(), home: z.string() }).optional(),
  env: z.record(z.string(), z.string()),
});

export type HeldRecord = z.infer<typeof heldRecord>;

/** A sandbox that a process of its own holds for a person. */
export interface HeldSandbox {
  readonly slot: string;
  readonly dir: string;
  /** The process that holds it; undefined when it died and left the sandbox. */
  readonly holder: number | undefined;
  /** Host pid of the first process inside; undefined until it is ready. */
  readonly init: number | undefined;
  /** Undefined until it is ready. */
  readonly record: HeldRecord | undefined;
}

/** The slot of a held sandbox by the name that a person gave, with or without `dev-`. Throws SANDBOX_NAME. */
export function heldSlot(name: string): string {
  const plain = name.startsWith(heldPrefix) ? name.slice(heldPrefix.length) : name;
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(plain)) return heldPrefix + plain;
  throw new SandboxError('SANDBOX_NAME', `"${name}" is no name for a sandbox`, {
    hint: 'use letters, digits, "-" and "_", at most 40 of them, a letter or a digit first',
  });
}

/** Whether a slot is one that a person has, and a living process holds. */
export function isHeldForPeople(stateDir: string, slot: string): boolean {
  const isTheirs = slot.startsWith(heldPrefix) || slot.startsWith(keptPrefix);
  return isTheirs && readHeld(stateDir, slot)?.holder !== undefined;
}

/** The first of dev-1, dev-2 ... that no sandbox has. */
export function freeHeldSlot(stateDir: string): string {
  const taken = new Set(listNames(slotsDir(stateDir)));
  for (let number = 1; ; number += 1)
    if (!taken.has(`${heldPrefix}${number}`)) return `${heldPrefix}${number}`;
}

/** Says of a prepared slot how long it is held and for whom. */
export function writeHeld(stateDir: string, slot: string, record: Omit<HeldRecord, 'format'>): void {
  const file = join(slotsDir(stateDir), slot, heldFile);
  writeFileSync(`${file}.next`, `${JSON.stringify({ format: 1, ...record })}\n`, { mode: 0o600 });
  renameSync(`${file}.next`, file);
}

/** The held sandboxes below a state directory, by name. */
export function listHeld(stateDir: string): readonly HeldSandbox[] {
  return listNames(slotsDir(stateDir))
    .filter((name) => name.startsWith(heldPrefix))
    .toSorted()
    .flatMap((name) => readHeld(stateDir, name) ?? []);
}

/** One of them; undefined when there is none of that slot. */
export function readHeld(stateDir: string, slot: string): HeldSandbox | undefined {
  const dir = join(slotsDir(stateDir), slot);
  const state = readRecord(dir);
  if (state.kind === 'unmarked') return undefined;
  if (state.kind === 'damaged') return { slot, dir, holder: undefined, init: undefined, record: undefined };
  const { boot, agent, init } = state.record;
  const isNow = boot === readBootId();
  const pidOf = (id: typeof init) => (isNow && id !== undefined && isRunning(id) ? id.pid : undefined);
  return { slot, dir, holder: pidOf(agent), init: pidOf(init), record: readText(join(dir, heldFile)) };
}

function readText(file: string): HeldRecord | undefined {
  try {
    return heldRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function listNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
