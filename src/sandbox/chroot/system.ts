/** Systems whose directories can be shown in a chroot, and how. macOS has two ways. */
export type SystemName = 'linux' | 'netbsd' | 'freebsd' | 'illumos' | 'macos' | 'macos-nfs';

/** The words of one command. `{source}`, `{target}`, `{dir}`, `{uid}`, `{gid}` and `{name}` stand for data. */
export type Template = readonly string[];

/** Something of the kernel's that every chroot has: what to run for it, once its directory is there. */
export interface KernelPlace {
  readonly path: string;
  /** Only where this exists on the host; undefined: always. */
  readonly ifHostHas?: string;
  readonly commands: readonly Template[];
  /** Whether it must be in the mount table afterwards. */
  readonly isMount: boolean;
}

/** How a command inside gets its root directory and its user. */
export interface ChrootWords {
  readonly asRoot: Template;
  /** Undefined: the chroot is entered as root, and the program itself changes the user. */
  readonly asUser: Template | undefined;
  /** Comes before the program inside. */
  readonly become: 'setpriv' | 'nothing' | 'su';
}

/** Everything that differs between systems: data, so that another system is another table. */
export interface ChrootSystem {
  readonly name: SystemName;
  /** Directories of the host that are shown read-only, where they exist; undefined: those of `sandbox.system_dirs`. */
  readonly shown: readonly string[] | undefined;
  /** Copied, because builds may change what is in there; without the host's secrets. */
  readonly copied: readonly string[];
  /** What makes the empty directory of such a copy a quick one. */
  readonly copyPlace: readonly Template[];
  /** Made, with these modes. */
  readonly directories: readonly (readonly [path: string, mode: number])[];
  /** Made where nothing else is. */
  readonly links: readonly (readonly [path: string, text: string])[];
  /** What makes a new, empty root a place of its own: on the disk, or in memory. */
  readonly root: { readonly disk: readonly Template[]; readonly tmpfs: readonly Template[] };
  readonly show: { readonly ro: readonly Template[]; readonly rw: readonly Template[] };
  readonly kernel: readonly KernelPlace[];
  /** Copies a whole directory `{source}` with owners, modes and links into the directory `{target}`. */
  readonly copyTree: Template;
  readonly chroot: ChrootWords;
}

/** The arguments of a command; nothing of the data is ever read as a template or by a shell. */
export function fillTemplate(template: Template, data: Readonly<Record<string, string>>): readonly string[] {
  return template.map((word) => word.replace(/\{([a-z]+)\}/g, (whole, name: string) => data[name] ?? whole));
}
