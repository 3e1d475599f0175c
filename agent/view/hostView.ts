import { z } from 'zod';
import type { DriverKind } from '../../src/sandbox/driver.ts';
import type { Counts, Phase, SlotView } from '../control/protocol.ts';

/** A build as one host sees it. */
export interface BuildView {
  readonly build: string;
  readonly phase: Phase;
  /** Undefined before it has one. */
  readonly planId: string | undefined;
  readonly stopping: 'drain' | 'now' | undefined;
  /** Unix milliseconds. */
  readonly startedAtMs: number | undefined;
  readonly counts: Counts | undefined;
  readonly scan: { readonly done: number; readonly total: number; readonly failed: number } | undefined;
  readonly predictedEndMs: number | undefined;
}

/** What went over the connections of a host since its agent was started. */
export interface Traffic {
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What a host tells of itself, to its own people and to those of other hosts. Plain strings: this is a border. */
export interface HostView {
  readonly host: string;
  readonly name: string;
  readonly version: string;
  readonly platform: string;
  readonly incarnation: number;
  readonly pid: number;
  /** Unix milliseconds by its own clock: when its agent was started, and when it told this. */
  readonly startedAtMs: number;
  readonly atMs: number;
  readonly isCoordinator: boolean;
  /** The host that it takes for the coordinator. */
  readonly follows: string | undefined;
  readonly driver: DriverKind;
  readonly slots: readonly SlotView[];
  /** Packages that it builds at a time when it has its host for itself, and those that it may build now. */
  readonly runs: number;
  readonly usable: number;
  /** Packages that were given to it and wait for a slot. */
  readonly queued: number;
  readonly cores: number;
  /** Of the last minute, as the system counts it. */
  readonly load: number;
  /** Beside the other hosts: 2 means that packages take half of the time. */
  readonly speed: number;
  /** Bytes; undefined: not measured. */
  readonly memoryBytes: number | undefined;
  readonly memoryFreeBytes: number | undefined;
  readonly diskBytes: number | undefined;
  readonly diskFreeBytes: number | undefined;
  readonly builds: readonly BuildView[];
  /** Why it starts nothing more at this moment, in one line; undefined: nothing is in the way. */
  readonly idle: string | undefined;
  readonly isDrained: boolean;
  readonly isEnding: boolean;
  readonly warnings: readonly string[];
  /** How late its own timers were in the last minute, milliseconds, but for one in a hundred. */
  readonly delayP99Ms: number;
  readonly traffic: Traffic;
}

/** A field that is absent where its value is undefined. */
const maybe = <Output>(schema: z.ZodType<Output>) => schema.optional().transform((value) => value);

const word = z.string().max(256);
const line = z.string().max(2_048);
const count = z.int().min(0);
const amount = z.number().min(0);
const stopMode = z.enum(['drain', 'now']);

const slotSchema: z.ZodType<SlotView> = z.object({
  slot: word,
  state: z.enum(['preparing', 'ready', 'running', 'cleaning', 'retired']),
  pkg: maybe(word),
  stage: maybe(word),
  jobs: maybe(count),
  startedAtMs: maybe(amount),
  stageAtMs: maybe(amount),
});

const countsSchema: z.ZodType<Counts> = z.object({
  total: count,
  built: count,
  failed: count,
  blocked: count,
  masked: count,
  kept: count,
  running: count,
  ready: count,
  waiting: count,
});

const buildSchema: z.ZodType<BuildView> = z.object({
  build: word,
  phase: z.enum(['idle', 'preparing', 'scanning', 'resolving', 'building', 'reporting']),
  planId: maybe(word),
  stopping: maybe(stopMode),
  startedAtMs: maybe(amount),
  counts: maybe(countsSchema),
  scan: maybe(z.object({ done: count, total: count, failed: count })),
  predictedEndMs: maybe(amount),
});

const trafficSchema: z.ZodType<Traffic> = z.object({
  messagesIn: count,
  messagesOut: count,
  bytesIn: count,
  bytesOut: count,
});

/** What another host may tell of itself; not checked is that it is true. */
export const hostViewSchema: z.ZodType<HostView> = z.object({
  host: word,
  name: word,
  version: word,
  platform: word,
  incarnation: count,
  pid: count,
  startedAtMs: amount,
  atMs: amount,
  isCoordinator: z.boolean(),
  follows: maybe(word),
  driver: z.enum(['linux', 'mounts', 'script', 'none']),
  slots: z.array(slotSchema).max(4_096),
  runs: count,
  usable: count,
  queued: count,
  cores: amount,
  load: amount,
  speed: amount,
  memoryBytes: maybe(amount),
  memoryFreeBytes: maybe(amount),
  diskBytes: maybe(amount),
  diskFreeBytes: maybe(amount),
  builds: z.array(buildSchema).max(64),
  idle: maybe(line),
  isDrained: z.boolean(),
  isEnding: z.boolean(),
  warnings: z.array(line).max(64),
  delayP99Ms: amount,
  traffic: trafficSchema,
});
