import type { Config } from '../../src/config/config.ts';
import { freeHeldSlot, heldSlot } from '../../src/sandbox/hold/record.ts';

/** The slot of a sandbox to be held: of the name given, or the first that is free. Throws SANDBOX_NAME. */
export const chooseHeldName = ({ paths }: Config, name: string | undefined): string =>
  name === undefined ? freeHeldSlot(paths.state) : heldSlot(name);
