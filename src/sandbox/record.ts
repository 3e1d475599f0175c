import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { errorCode, SandboxError } from './error.ts';
import { reach } from './faultpoint.ts';
import { ownProcess } from './proc.ts';

/**
 * The durable record of one slot: written before anything else is made in the slot's directory, so that whatever
 * carries it is ours to clean up. The file's presence says so, even where a power cut left it empty.
 */
const recordFile = '.bulkmesh-slot';

const processId = z.object({ pid: z.int().positive(), startTicks: z.int().nonnegative() });

const slotRecord = z.object({
  format: z.literal(1),
  driver: z.enum(['linux', 'mounts', 'script', 'none']),
  slot: z.string(),
  /** Which start of the host the numbers below belong to. */
  boot: z.string(),
  /** The agent that holds the slot. */
  agent: processId,
  /** The first process inside, as the host numbers it; absent until the sandbox is ready. */
  init: processId.optional(),
  /** Driver `none`: directories that it took, and for those it made itself the outermost one made. */
  claims: z.array(z.object({ path: z.string(), made: z.string().optional() })).default([]),
  /** Driver `none`: leaders of the sessions that it started. */
  leaders: z.array(processId).default([]),
  /** Drivers `mounts` and `script`. */
  chroot: z
    .object({
      /** The directory that is the root inside. */
      root: z.string(),
      /** What its claim says when it is ours; absent where it lies in the slot's own directory. */
      token: z.string().optional(),
      /** The operator's program that removes it, with arguments; the directory follows. */
      remover: z.array(z.string()).optional(),
    })
    .optional(),
});

export type SlotRecord = z.infer<typeof slotRecord>;

export type RecordState =
  | { readonly kind: 'record'; readonly record: SlotRecord }
  /** Marked as ours, but the text is of no use. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'unmarked' };

/** Where the slots of an agent live. */
export function slotsDir(stateDir: string): string {
  return join(stateDir, 'slots');
}

/** The first record of a slot of this process. */
export function newRecord(
  driver: SlotRecord['driver'],
  slot: string,
  claims: SlotRecord['claims'],
): SlotRecord {
  return { format: 1, driver, slot, boot: readBootId(), agent: ownProcess(), claims, leaders: [] };
}

/** Makes a slot's directory with its record in it. Throws SANDBOX_BUSY when there is one, else SANDBOX_PREPARE. */
export function createSlotDir(dir: string, record: SlotRecord): void {
  try {
    mkdirSync(join(dir, '..'), { recursive: true, mode: 0o700 });
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      throw new SandboxError('SANDBOX_BUSY', `${dir} is already there`, {
        hint: 'another agent uses it, or an earlier life left it: the sweep at the start of the agent removes it',
      });
    }
    throw notMade(dir, error);
  }
  try {
    reach('prepare.directory');
    writeText(join(dir, recordFile), record);
    reach('prepare.recorded');
  } catch (error) {
    rmSync(join(dir, recordFile), { force: true });
    rmdirSync(dir);
    throw notMade(dir, error);
  }
}

function notMade(dir: string, error: unknown): SandboxError {
  return new SandboxError('SANDBOX_PREPARE', `cannot make ${dir}: ${messageOf(error)}`, {
    hint: 'look for free space and inodes below the state directory',
    cause: error,
  });
}

/** Replaces a slot's record in one step. */
export function replaceRecord(dir: string, record: SlotRecord): void {
  const next = join(dir, `${recordFile}.next`);
  writeText(next, record);
  renameSync(next, join(dir, recordFile));
}

/** Reads a slot's record. */
export function readRecord(dir: string): RecordState {
  let text: string;
  try {
    text = readFileSync(join(dir, recordFile), 'utf8');
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? { kind: 'unmarked' } : { kind: 'damaged' };
  }
  try {
    return { kind: 'record', record: slotRecord.parse(JSON.parse(text)) };
  } catch {
    return { kind: 'damaged' };
  }
}

/** A word that is new at every start of the host; empty where the system has none. */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

function writeText(path: string, record: SlotRecord): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(record)}\n`);
  } finally {
    closeSync(fd);
  }
}
