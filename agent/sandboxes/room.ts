import { statSync } from 'node:fs';
import type { Config } from '../../src/config/config.ts';
import { findSlot } from '../../src/sandbox/enter.ts';
import { type HeldSandbox, listHeld } from '../../src/sandbox/hold/record.ts';
import { keptSlot } from '../../src/sandbox/keep/record.ts';
import { type KeptSandbox, listKept } from '../../src/sandbox/keep/store.ts';
import type { SandboxInfo } from '../control/protocol.ts';

/** A sandbox of this host, for people: one of the agent's slots, one that is held, or one kept of a failed package. */
export interface Room {
  readonly kind: 'slot' | 'held' | 'kept';
  /** What `enter` and `destroy` call it: the slot, or the PKGNAME. */
  readonly slot: string;
  /** Of a slot, as the agent has it; `held`, `making`, `left` by a dead holder; `kept`, or `open` while entered. */
  readonly state: SandboxInfo['state'] | 'held' | 'making' | 'left' | 'kept' | 'open';
  readonly pkg: string | undefined;
  /** Host pid of its first process. */
  readonly pid: number | undefined;
  readonly dir: string;
  /** Unix milliseconds: since when it is there, and when it goes by itself. */
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
  /** What it takes of the disk; undefined: not measured. */
  readonly sizeBytes: number | undefined;
}

/** All of them: the agent's, as it tells (none without one), then held ones, then kept ones, the newest first. */
export const listRooms = ({ paths }: Config, slots: readonly SandboxInfo[]): readonly Room[] => [
  ...slots.map(describeSlot),
  ...listHeld(paths.state).map(describeHeld),
  ...listKept(paths.state).map((kept) => describeKept(paths.state, kept)),
];

const describeSlot = ({ slot, state, pkg, pid, dir }: SandboxInfo): Room => ({
  ...{ kind: 'slot', slot, state, pkg, pid, dir },
  sinceMs: statSync(dir, { throwIfNoEntry: false })?.birthtimeMs,
  untilMs: undefined,
  sizeBytes: undefined,
});

const describeHeld = ({ slot, dir, holder, init, record }: HeldSandbox): Room => ({
  ...{ kind: 'held', slot, dir, pid: init, pkg: undefined },
  state: holder === undefined ? 'left' : init === undefined ? 'making' : 'held',
  sinceMs: record?.madeAtMs,
  untilMs: record?.untilMs,
  sizeBytes: undefined,
});

const describeKept = (stateDir: string, { dir, record }: KeptSandbox): Room => {
  const { pid } = findSlot(stateDir, keptSlot(record.pkg));
  return {
    ...{ kind: 'kept', slot: record.pkg, pkg: record.pkg, dir, pid },
    state: pid === undefined ? 'kept' : 'open',
    sinceMs: record.failedAtMs,
    untilMs: record.untilMs,
    sizeBytes: record.sizeBytes,
  };
};
