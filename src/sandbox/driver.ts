import type { WorkArea } from '../core/effect.ts';
import type { SlotName } from '../core/ids.ts';
import type { KeptPart } from './keep/record.ts';
import type { DriverTraits } from './traits.ts';

/** How sandboxes are made; see docs/OPERATING.md for what each can and cannot do. */
export type DriverKind = 'linux' | 'mounts' | 'script' | 'none';

/** One mount of the user's own directories into a sandbox, at the same path unless `target` says otherwise. */
export interface Share {
  readonly source: string;
  readonly target: string;
  /**
   * `ro` bind, `rw` bind, or `scratch`: readable, and writable in a layer that is dropped with the sandbox; read-only
   * in a driver without layers (see `DriverTraits`).
   */
  readonly access: 'ro' | 'rw' | 'scratch';
}

/** What every sandbox of one build looks like inside. */
export interface SandboxSpec {
  /** Unpacked bootstrap kit (see `KitLayers`), laid over the base; undefined when the build has none. */
  readonly kitDir: string | undefined;
  /** Directories that never show the host's own content, though their parents do: prefix, package database. */
  readonly opaqueDirs: readonly string[];
  readonly shares: readonly Share[];
  /** Made inside, empty, owned by `owner`, mode 0755: the work area and the build user's home. */
  readonly freshDirs: readonly { readonly path: string; readonly owner: UserId | undefined }[];
  /** Which of these is the work area, for which `Fitting` may want memory. */
  readonly workDir?: string | undefined;
  /** Undefined: all slots build as the same user. Only driver linux under root has users of their own for slots. */
  readonly slotIds?: SlotIds | undefined;
}

/** User ids of the host that nobody has: each slot builds as one of its own in place of `user`. */
export interface SlotIds {
  readonly user: UserId;
  readonly first: number;
  readonly count: number;
}

export interface UserId {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** One program to run inside a sandbox. Never a shell string. */
export interface Command {
  readonly argv: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path inside the sandbox. */
  readonly cwd: string;
  /** Who runs it; undefined: root (or the caller, where there is no root). */
  readonly user: UserId | undefined;
  /** False: loopback only. */
  readonly network: boolean;
  readonly output: Output;
  /** What standard input reads, then its end; undefined: nothing. */
  readonly input?: string | undefined;
  /** Bounds of each process that this one starts, itself included. Core dumps are never written. */
  readonly limits?: ProcessLimits | undefined;
  /** Aborting kills the command and whatever it started. */
  readonly signal: AbortSignal;
  /** Told the pid, on this host, of the process that all others of the command descend from. */
  readonly onStart?: ((leader: number) => void) | undefined;
}

/**
 * Bounds of one process, as ulimit of sh has them; undefined: as the agent's own. Where the agent's own hard limit is
 * lower, that one stays.
 */
export interface ProcessLimits {
  /** Then SIGXCPU, and ten seconds later SIGKILL. */
  readonly cpuSeconds: number | undefined;
  /** Open files. */
  readonly files: number | undefined;
  /** Of its user, all together. */
  readonly processes: number | undefined;
  /** Address space. */
  readonly memoryMiB: number | undefined;
  /** Of any file that it writes; then SIGXFSZ. */
  readonly fileSizeMiB: number | undefined;
  /** As nice(1) counts, from 1 on. */
  readonly nice?: number | undefined;
}

/** Where standard output and error go. */
export type Output =
  /** Both appended to an open descriptor of a log file. */
  | { readonly kind: 'log'; readonly fd: number }
  /** Standard output to one descriptor, standard error to another (the copy of a package file out of a sandbox). */
  | { readonly kind: 'split'; readonly stdoutFd: number; readonly stderrFd: number }
  /** Both captured, standard output at most `maxBytes`. */
  | { readonly kind: 'capture'; readonly maxBytes: number };

/** A program's end is data, never an exception. */
export type CommandResult =
  | {
      readonly kind: 'exited';
      readonly code: number;
      /** Empty unless captured. */
      readonly stdout: string;
      readonly stderr: string;
      readonly wallMs: number;
      readonly cpuMs: number;
    }
  | { readonly kind: 'signalled'; readonly signal: string; readonly wallMs: number; readonly cpuMs: number }
  | { readonly kind: 'aborted'; readonly wallMs: number; readonly cpuMs: number }
  /** The sandbox could not run it at all: trouble of the host. */
  | { readonly kind: 'trouble'; readonly detail: string };

/** What all processes of one sandbox may take together; undefined: no bound. */
export interface GroupLimits {
  readonly memoryBytes: number | undefined;
  readonly processes: number | undefined;
  /** Its claim to CPU time beside other sandboxes, and that of all beside the rest of the host: as nice(1) counts. */
  readonly nice?: number;
}

/** How a prepared sandbox is made to suit the package that it gets. */
export interface Fitting {
  readonly limits: GroupLimits;
  /** Where the work area lies: as the sandbox was prepared, or in memory, at most so large. */
  readonly work: WorkArea;
}

/** What the processes of a sandbox have taken since it was prepared. Undefined: this host does not tell. */
export interface SandboxUsage {
  readonly memoryPeakBytes: number | undefined;
  /** Processes that the kernel killed because the memory of the sandbox, or of the host, was used up. */
  readonly memoryKills: number | undefined;
  /** How often its processes were refused another one by the bound of the sandbox. */
  readonly processRefusals?: number | undefined;
}

/**
 * Installed dependencies that sandboxes of one host share: what was installed once lies in read-only layers, each made on
 * top of those before it, and shows where an installation would put it. A key is a word of the caller's that stands for
 * everything that was installed up to it, in its order.
 *
 * All methods are for a sandbox in which nothing runs, and in which no package has run anything of its own since it was
 * prepared. They throw `SandboxError` when mounts do not come or go: then the sandbox is of no use any more.
 */
export interface DependencyLayers {
  /** Shows what is kept under the last of these keys that there is; returns how many that covers, 0 for none. Once. */
  open(keys: readonly string[]): Promise<number>;
  /** What is installed from here on is to be kept. False when it cannot be: then it is the sandbox's own. */
  record(): Promise<boolean>;
  /** Keeps what was installed since `record`. Returns why it cannot: it stays there all the same. */
  keep(key: string): Promise<string | undefined>;
}

/** A prepared sandbox: one slot, from `prepare` until `destroy`. */
export interface Sandbox {
  readonly slot: SlotName;
  /** Once, before the first command of a package. Throws `SandboxError`. What the driver cannot do it leaves out. */
  fit(fitting: Fitting): Promise<void>;
  usage(): Promise<SandboxUsage>;
  /** Undefined where the driver has none, or they are switched off. */
  readonly layers?: DependencyLayers | undefined;
  run(command: Command): Promise<CommandResult>;
  /** Kills every process inside except its own init. */
  killAll(): Promise<void>;
  /** Bytes used by a directory inside; 0 when it is not there. */
  diskUsage(path: string): Promise<number>;
  /**
   * Bytes that were written inside and are still there, layers in memory included; measured the closer to `limitBytes`
   * the more exactly. Absent where the driver cannot tell. Rejects with what the file system says.
   */
  writtenBytes?(limitBytes: number): Promise<number>;
  /**
   * In place of `destroy`: the same, but that what the package wrote in work area, home, prefix and package database is
   * moved to `dir`, which is made. No process, mount or memory is left. Throws `SandboxError` when it cannot be (a work
   * area in memory that takes more than `bytesMax`): `destroy` is still to be called then. Absent where the driver cannot.
   */
  keep?(dir: string, bytesMax: number): Promise<readonly KeptPart[]>;
  /**
   * Before the first command: shows what `keep` moved to `dir`. What changes there, stays. Returns the directories that
   * cannot be shown any more. Throws `SandboxError`.
   */
  restore?(dir: string, parts: readonly KeptPart[]): Promise<readonly string[]>;
  /**
   * Kills, unmounts, proves and deletes. Resolves when nothing is left; throws `SandboxError` when something will
   * not go, with everything tried.
   */
  destroy(): Promise<void>;
}

/** What a sweep found and removed from an earlier life. */
export interface SweepReport {
  readonly processesKilled: number;
  readonly mountsRemoved: number;
  readonly directoriesRemoved: number;
  /** What would not go, one line each. */
  readonly left: readonly string[];
  /** What changed on the host while slots came and went, and need not be their doing; one line each. */
  readonly notes?: readonly string[];
}

export interface SandboxDriver {
  readonly kind: DriverKind;
  readonly traits: DriverTraits;
  /** At most this many slots can exist at once. */
  readonly slotsMax: number;
  /** Throws `SandboxError`; leaves nothing half made. */
  prepare(slot: SlotName, spec: SandboxSpec): Promise<Sandbox>;
  /** Removes what an earlier life of this agent left. Call before the first `prepare`. */
  sweep(): Promise<SweepReport>;
}
