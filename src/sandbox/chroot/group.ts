import type { SlotName } from '../../core/ids.ts';
import type { SlotGroup } from '../linux/cgroup/group.ts';
import { makeSlotGroup } from '../linux/cgroup/groups.ts';

/**
 * The control groups of a chroot, where this host has any. A chroot is as good without them: only then a fork bomb
 * meets no bound but that of the host.
 */
export function makeChrootGroup(stateDir: string, slot: SlotName): Promise<SlotGroup | undefined> {
  return makeSlotGroup(stateDir, slot).catch(() => undefined);
}
