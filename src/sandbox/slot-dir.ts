import { cleanPlace } from './cleanup/place.ts';

/**
 * Takes a slot's directory away when no process uses it any more. Returns how many mounts it removed. Throws as
 * `cleanPlace`.
 */
export function removeSlotDir(dir: string): Promise<number> {
  return cleanPlace({ dir });
}
