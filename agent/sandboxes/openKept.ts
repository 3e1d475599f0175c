import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { slotName } from '../../src/core/ids.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { SlotIds } from '../../src/sandbox/driver.ts';
import { findSlot } from '../../src/sandbox/enter.ts';
import { readHeld } from '../../src/sandbox/hold/record.ts';
import { type KeptRecord, keptDir, keptSlot, readKept } from '../../src/sandbox/keep/record.ts';
import { isWithin } from '../../src/sandbox/names.ts';
import { chooseDriver } from '../../src/sandbox/select.ts';
import { sweepSlot } from '../../src/sandbox/sweep.ts';
import { layGround } from '../build/ground.ts';

/** A kept sandbox that can be entered. */
export interface OpenedKept {
  readonly slot: string;
  readonly record: KeptRecord;
  /** Host pid of its first process. */
  readonly pid: number;
  /** Another process had opened it: it ends with that one. */
  readonly isJoined: boolean;
  /** Directories that cannot be shown any more: what lay below them is gone. */
  readonly missing: readonly string[];
  /** Unmounts it again, where this process opened it; the files stay. Throws `SandboxError`. */
  close(): Promise<void>;
}

/**
 * Mounts the kept sandbox of a package again, in a fresh sandbox of the same make-up that lives and dies with this process;
 * joins it where somebody is in it already. Throws `BulkmeshError`: SANDBOX_UNKNOWN when it is gone, SANDBOX_NOT_ISOLATED,
 * and what making a sandbox throws.
 */
export const openKept = async (config: Config, pkg: string): Promise<OpenedKept> => {
  const { state } = config.paths;
  const dir = join(keptDir(state), pkg);
  const record = readKept(dir);
  if (record === undefined) {
    throw new BulkmeshError('SANDBOX_UNKNOWN', `the sandbox of ${pkg} is not kept any more`, {
      hint: 'build it again to have another, and see sandbox.keep_hours',
    });
  }
  const slot = keptSlot(pkg);
  const { pid } = findSlot(state, slot);
  if (pid !== undefined) {
    return { slot, record, pid, isJoined: true, missing: [], close: async () => {} };
  }
  const left = readHeld(state, slot);
  if (left !== undefined && left.holder === undefined) await sweepSlot(state, slot);
  const { driver } = await chooseDriver({ ...config.sandbox, stateDir: state, storage: 'disk' });
  const ground = await layGround(config, driver.traits);
  const sandbox = await driver.prepare(slotName(slot), { ...ground.spec, slotIds: findIds(dir, record) });
  try {
    const missing = await sandbox.restore?.(dir, record.parts);
    const init = findSlot(state, slot).pid;
    if (missing !== undefined && init !== undefined) {
      return { slot, record, pid: init, isJoined: false, missing, close: () => sandbox.destroy() };
    }
    throw new BulkmeshError(
      'SANDBOX_NOT_ISOLATED',
      `driver "${driver.kind}" cannot mount a kept sandbox again`,
      {
        hint: `it was made by driver linux; its files lie in ${dir}`,
      },
    );
  } catch (error) {
    await sandbox.destroy();
    throw error;
  }
};

/**
 * Under root the slot of a package builds as a user id of its own: whoever looks into it must be that one again, and the
 * kept work area is what tells which.
 */
const findIds = (dir: string, { user, workDir, parts }: KeptRecord): SlotIds | undefined => {
  const work = parts.find(({ target }) => isWithin(workDir, target));
  if (process.getuid?.() !== 0 || user === undefined || work === undefined) return undefined;
  const { uid } = statSync(join(dir, work.layer));
  return uid === user.uid || uid === 0 ? undefined : { user, first: uid, count: 1 };
};
