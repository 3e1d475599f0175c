import { SandboxError } from '../error.ts';
import { compareFingerprints, takeFingerprint } from './fingerprint.ts';

/** How the look at a slot goes on when it has been cleaned. */
export interface SlotWatch {
  /** Whether nobody else wrote to the file system of the slots meanwhile, so that its free space tells something. */
  readonly isAlone: () => boolean;
  /** What changed on the host and need not be the slot's doing; a line each. */
  readonly onNote: (line: string) => void;
}

/** For who shows the host's own mounts in many places: they come and go with every slot. */
const quiet: SlotWatch = { isAlone: () => false, onNote: () => undefined };

/**
 * Looks at a slot's place before it is made. The function given looks again when the slot has been cleaned: it throws
 * SANDBOX_DESTROY when something is there that was not there before, so that a slot is as it was, or not clean.
 */
export function watchSlot(slotDir: string, watch: SlotWatch = quiet): () => void {
  const { isAlone, onNote } = watch;
  const before = takeFingerprint(slotDir);
  const beganAlone = isAlone();
  return () => {
    const explainedBytes = beganAlone && isAlone() ? 0 : undefined;
    const { dirty, notes } = compareFingerprints(before, takeFingerprint(slotDir), explainedBytes);
    for (const note of notes) onNote(`${slotDir}: ${note}`);
    if (dirty.length === 0) return;
    throw new SandboxError('SANDBOX_DESTROY', `${slotDir} is not as it was: ${dirty.join('; ')}`, {
      hint: 'see who mounts or writes there; `bulkmesh sandbox destroy` tries again',
    });
  };
}
