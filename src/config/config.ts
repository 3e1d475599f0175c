/** The configuration as the rest of the program sees it: checked, absolute, complete. Made by `loadConfig`. */
export interface Config {
  /** The file it came from. */
  readonly file: string;
  readonly paths: {
    /** The pkgsrc tree. */
    readonly pkgsrc: string;
    /** PACKAGES: binary packages, `All` below it. */
    readonly packages: string;
    /** DISTDIR. */
    readonly distfiles: string;
    /** Logs and `meta`. */
    readonly bulklog: string;
    /** The agent's own: database, control socket, kit layers, sandboxes. On a local disk. */
    readonly state: string;
  };
  readonly pkgsrc: {
    /** Absolute path of make inside a sandbox; undefined: the kit's `bin/bmake`, else `bmake` of the host. */
    readonly make: string | undefined;
    /** Tarball of the bootstrap kit; undefined where pkg_* tools and make are the system's (NetBSD). */
    readonly bootstrapKit: string | undefined;
    /** LOCALBASE. */
    readonly prefix: string;
    /** PKG_DBDIR. */
    readonly pkgDbdir: string;
    /** Account for the stages that need no root. */
    readonly buildUser: string;
    /** PKGPATHs to build; empty: the whole tree. */
    readonly pkgpaths: readonly string[];
    /** Variables exported to every make call, after those that bulkmesh sets itself. */
    readonly variables: Readonly<Record<string, string>>;
    /** Names of variables that builds get from the agent's own environment. */
    readonly inherit: readonly string[];
  };
  /** What `bulkmesh tree` clones. */
  readonly tree: { readonly url: string; readonly branch: string };
  readonly build: {
    /** Sandboxes that build at the same time. */
    readonly slots: number;
    /** Cores that builds may use together. */
    readonly cores: number;
    /** make processes that scan at the same time. */
    readonly scanProcs: number;
    readonly scanCache: boolean;
    /** A package stays though a dependency was built again. */
    readonly skipAgeCheck: boolean;
    readonly fetchTries: number;
    readonly keepWrkdir: boolean;
    readonly keepPrefix: boolean;
    /** Shell patterns below WRKDIR. */
    readonly save: readonly string[];
  };
  readonly sandbox: {
    /** `auto`: linux where this host allows it, else mounts for root, else none, with a warning. */
    readonly driver: 'auto' | 'linux' | 'mounts' | 'script' | 'none';
    /** Where chroots lie, `-SLOT` follows; undefined: below the state directory. */
    readonly chrootDir: string | undefined;
    /** Programs of driver script with arguments; the directory follows. Empty: none. */
    readonly chrootCreate: readonly string[];
    readonly chrootDelete: readonly string[];
    /** Where the writable layers live; `auto`: on disk, and work areas in memory by need. */
    readonly storage: 'auto' | 'disk' | 'tmpfs';
    /** MiB for all work areas in memory; undefined: a quarter of the memory. */
    readonly workMemoryMiB: number | undefined;
    /** GiB of disk for layers of installed dependencies; 0: none. */
    readonly dependencyLayersGiB: number;
    /** System directories that every sandbox sees, below layers that are dropped. Those absent are left out. */
    readonly systemDirs: readonly string[];
    /** The first user id of slots; 0: none; undefined: the usual ones, where they can be used. */
    readonly firstUid: number | undefined;
    readonly roDirs: readonly string[];
    readonly rwDirs: readonly string[];
    /** Sandboxes that are made ahead, beyond those that build. */
    readonly spare: number;
    /** Of how many packages that failed the sandbox is kept, for how long, and how much disk all may take. */
    readonly keepFailed: number;
    readonly keepHours: number;
    readonly keepGiB: number;
  };
  readonly limits: Limits & {
    /** Of a package file. */
    readonly packageSizeMiB: number;
    /** In the order of the file. */
    readonly packages: readonly PackageLimits[];
  };
  /** When what hangs or prints without end is killed; 0: never. */
  readonly watchdog: {
    /** Seconds by the key's word. */
    readonly silenceSeconds: Readonly<Record<SilenceKey, number>>;
    readonly totalSeconds: number;
    readonly learnedFactor: number;
    readonly learnedFloorSeconds: number;
    readonly floodMiBPerSecond: number;
    readonly floodSeconds: number;
    readonly repeats: number;
    readonly logMiB: number;
  };
  /** Program and arguments; empty: none. */
  readonly hooks: {
    readonly beforeBuild: readonly string[];
    readonly afterBuild: readonly string[];
    readonly beforePackage: readonly string[];
    readonly afterPackage: readonly string[];
  };
  /** Other hosts, and how they find this one. */
  readonly mesh: {
    /** The mesh key's file; none there: this host is a mesh of its own. */
    readonly keyFile: string;
    /** `IP:PORT` to listen at; port 0: any. Only an agent with a key listens. */
    readonly listen: readonly string[];
    /** `HOST:PORT` of hosts to call. */
    readonly join: readonly string[];
    /** `HOST:PORT` that others are told of, beyond what they see themselves. */
    readonly advertise: readonly string[];
    /** What people call this host: a word of letters, digits, `.`, `_` and `-`. */
    readonly name: string;
    /** `packages`, `distfiles`, `bulklog` and `pkgsrc` of `paths` are the same files on all hosts. */
    readonly sharedFiles: boolean;
    /** Whether this host may lead the others. */
    readonly coordinate: 'prefer' | 'allow' | 'never';
  };
  readonly metrics: {
    /** `IP:PORT`, port 0: any; undefined: nowhere. */
    readonly listen: string | undefined;
    /** Undefined only where it listens for this host alone. */
    readonly tokenFile: string | undefined;
  };
  readonly summary: {
    readonly formats: readonly SummaryFormat[];
    readonly checksums: boolean;
    readonly includeRestricted: boolean;
  };
  readonly report: {
    /** First word of the mail subject and of the title. */
    readonly subjectPrefix: string;
    readonly baseUrl: string;
    /** report.svg is drawn for graphs with fewer edges. */
    readonly graphLimit: number;
  };
}

/** What has a limit of silence of its own: stages, some of them together. */
export type SilenceKey =
  | 'clean'
  | 'depends'
  | 'fetch'
  | 'checksum'
  | 'configure'
  | 'build'
  | 'install'
  | 'package'
  | 'hooks';

/** What a build may take; 0: no limit. */
export interface Limits {
  /** This and the next four: of each process. */
  readonly cpuSeconds: number;
  readonly files: number;
  readonly processes: number;
  readonly memoryMiB: number;
  readonly fileSizeMiB: number;
  /** This and the next two: of a sandbox. */
  readonly memoryTotalMiB: number;
  readonly processesTotal: number;
  readonly diskMiB: number;
  /** 0 to 19, as nice(1). */
  readonly nice: number;
}

/** Other limits for the packages that a pattern names. */
export interface PackageLimits {
  /** A shell pattern of PKGPATH or PKGBASE. */
  readonly pattern: string;
  readonly values: Partial<Limits> & {
    /** Upper bound of MAKE_JOBS. */
    readonly jobs?: number;
    /** Stretches the times of the watchdogs. */
    readonly timeoutFactor?: number;
  };
}

/** How pkg_summary can be compressed. */
export type SummaryFormat = 'gz' | 'bz2' | 'zst';
