import type { HostId } from '../core/ids.ts';

/**
 * What somebody did that is not as it should be. `key`: no key, or another one. `flood`: too many calls, or too many at once.
 * `greeting`: no hello in time, or none that is one. `mesh`: another mesh. `bad`: messages that are none. `fast`: too many of
 * them. `slow`: it does not take what it is sent. `silent`: nothing comes. `banned`: it is still to wait. `refused`: it
 * refuses this agent. `unsendable`: this agent itself wanted to send what is no message.
 * `accept`: this host cannot take calls for now, as without file descriptors.
 */
export type TroubleKind =
  | 'key'
  | 'flood'
  | 'greeting'
  | 'mesh'
  | 'bad'
  | 'fast'
  | 'slow'
  | 'silent'
  | 'banned'
  | 'refused'
  | 'unsendable'
  | 'accept';

export interface MeshTrouble {
  readonly kind: TroubleKind;
  /** Where it came from, or was called at. */
  readonly address: string;
  /** Who it says that it is; undefined: it has not said, or not shown the key. */
  readonly host: HostId | undefined;
  readonly detail: string;
}
