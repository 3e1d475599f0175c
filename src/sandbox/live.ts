import type { SlotName } from '../core/ids.ts';
import type { Sandbox } from './driver.ts';
import { SandboxError } from './error.ts';
import { checkSlotName } from './names.ts';

/**
 * Makes the sandbox of a slot, which is among the `live` ones from now until `onDestroyed` is called, or making it fails.
 * Throws SANDBOX_NAME, SANDBOX_BUSY when the slot is live already, and what `make` throws.
 */
export async function makeLive(
  live: Set<string>,
  slot: SlotName,
  make: (onDestroyed: () => void) => Promise<Sandbox>,
): Promise<Sandbox> {
  checkSlotName(slot);
  if (live.has(slot)) throw new SandboxError('SANDBOX_BUSY', `slot ${slot} already has a sandbox`);
  live.add(slot);
  const leave = () => {
    live.delete(slot);
  };
  try {
    return await make(leave);
  } catch (error) {
    leave();
    throw error;
  }
}
