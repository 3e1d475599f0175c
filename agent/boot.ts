import { randomInt } from 'node:crypto';
import { totalmem } from 'node:os';
import type { Config } from '../src/config/config.ts';
import { slotName } from '../src/core/ids.ts';
import type { Event, MeshOptions } from '../src/core/input.ts';
import { ownProtocol } from '../src/core/message.ts';
import type { SandboxDriver } from '../src/sandbox/driver.ts';
import type { Store } from '../src/store/open.ts';

/** What of a configuration an agent boots by. */
export interface BootConfig {
  readonly build: Pick<Config['build'], 'slots' | 'cores'>;
  readonly sandbox: Pick<Config['sandbox'], 'spare' | 'storage' | 'workMemoryMiB'>;
}

/** Who boots. */
export interface BootIdentity extends Pick<Store, 'life' | 'ballotN'> {
  readonly meshId: string;
  /** Undefined: this host has no others. */
  readonly mesh: Pick<MeshOptions, 'expectsPeers' | 'sharedFiles' | 'eligibility'> | undefined;
}

/** What builds on this host are for. */
export const ownPlatform = (): string => `${process.platform}-${process.arch}`;

/** How many packages build at a time, by the configuration and by what the driver can hold. */
export const countRuns = (
  { build }: Pick<BootConfig, 'build'>,
  { slotsMax }: Pick<SandboxDriver, 'slotsMax'>,
): number => Math.min(build.slots, slotsMax);

/**
 * The first event of an agent: its slots are those that run and the spare ones, which are made ahead so that the next
 * package need not wait for a sandbox.
 */
export const describeBoot = (
  config: BootConfig,
  driver: Pick<SandboxDriver, 'slotsMax' | 'traits'>,
  identity: BootIdentity,
): Event => {
  const runs = countRuns(config, driver);
  const spare = driver.traits.hasSpares ? config.sandbox.spare : 0;
  const slots = Math.min(runs + spare, driver.slotsMax);
  return {
    kind: 'booted',
    life: identity.life,
    slots: Array.from({ length: slots }, (_, index) => slotName(`build-${index + 1}`)),
    runs,
    cores: config.build.cores,
    workMemoryBytes: driver.traits.hasWorkMemory ? findWorkMemory(config) : 0,
    seed: randomInt(2 ** 32),
    mesh: describeMesh(identity),
  };
};

/** Where no other host is looked for, this one leads at once, and what it builds lies where all of it looks. */
const describeMesh = ({ meshId, ballotN, mesh }: BootIdentity): MeshOptions => ({
  id: meshId,
  protocol: ownProtocol,
  platform: ownPlatform(),
  ballotN,
  ...(mesh ?? { eligibility: 'allow', expectsPeers: false, sharedFiles: true }),
});

/** What all work areas in memory together may take. */
const findWorkMemory = ({ sandbox: { storage, workMemoryMiB } }: BootConfig): number => {
  if (storage !== 'auto') return 0;
  return workMemoryMiB === undefined ? Math.floor(totalmem() / 4) : workMemoryMiB * 2 ** 20;
};
