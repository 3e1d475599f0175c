/**
 * Which part may import what. A part is a folder; the first rule whose `folder` is a prefix of a file's path holds.
 * `folders`: the parts of this project it may use besides itself. `packages`: the npm packages and node: modules it may
 * use; `*` means any that is not some other part's own (see `owners`).
 */
export interface Wall {
  readonly folder: string;
  readonly folders: readonly string[];
  readonly packages: readonly string[];
}

const walls: readonly Wall[] = [
  { folder: 'src/core/', folders: [], packages: [] },
  {
    folder: 'src/config/',
    folders: ['src/core/', 'src/mesh/address.ts', 'src/errors.ts', 'src/files.ts'],
    packages: ['*'],
  },
  {
    folder: 'src/pkgsrc/',
    folders: ['src/core/', 'src/sandbox/', 'src/errors.ts', 'src/files.ts'],
    packages: ['*'],
  },
  { folder: 'src/sandbox/', folders: ['src/core/', 'src/errors.ts', 'src/files.ts'], packages: ['*'] },
  { folder: 'src/store/', folders: ['src/core/', 'src/errors.ts', 'src/files.ts'], packages: ['*'] },
  { folder: 'src/artefacts/', folders: ['src/core/', 'src/errors.ts', 'src/files.ts'], packages: ['*'] },
  {
    folder: 'src/report/',
    folders: ['src/core/', 'src/pkgsrc/', 'src/errors.ts', 'src/files.ts'],
    packages: ['*'],
  },
  { folder: 'src/mesh/', folders: ['src/core/', 'src/errors.ts', 'src/files.ts'], packages: ['*'] },
  { folder: 'src/errors.ts', folders: [], packages: [] },
  { folder: 'src/files.ts', folders: [], packages: ['*'] },
  { folder: 'agent/', folders: ['src/'], packages: ['*'] },
  {
    folder: 'cli/',
    folders: [
      'agent/',
      'src/artefacts/thread/main.ts',
      'src/config/',
      'src/core/',
      'src/pkgsrc/',
      'src/report/',
      'src/store/',
      'src/errors.ts',
      'src/files.ts',
    ],
    packages: ['*'],
  },
  { folder: 'bench/', folders: ['agent/', 'cli/', 'src/', 'test/'], packages: ['*'] },
  { folder: 'test/', folders: ['agent/', 'bench/', 'cli/', 'src/'], packages: ['*'] },
];

/** Modules that one place alone may use: whoever needs what they do asks that place. */
const owners: Readonly<Record<string, readonly string[]>> = {
  execa: ['src/sandbox/process.ts', 'test/', 'bench/'],
  'node:child_process': [
    'src/sandbox/',
    'cli/child.ts',
    'cli/executable.ts',
    'cli/bulkmesh.mjs',
    'test/',
    'bench/',
  ],
  'node:sqlite': ['src/store/', 'test/store/', 'bench/'],
  pino: ['agent/', 'cli/', 'test/agent/'],
  'smol-toml': ['src/config/', 'test/config/'],
  commander: ['cli/'],
  ws: ['src/mesh/', 'test/', 'bench/'],
  msgpackr: ['src/mesh/', 'test/', 'bench/'],
  esbuild: ['cli/bundle.ts', 'test/sim/mesh/picture/page.ts'],
};

export interface Import {
  readonly file: string;
  /** As written: `./x.ts`, `node:fs`, `zod`. */
  readonly specifier: string;
  /** For a relative import, its path from the project's root. */
  readonly target: string | undefined;
}

/** What is wrong with an import, as a sentence; undefined when nothing is. */
export const judgeImport = ({ file, specifier, target }: Import): string | undefined => {
  const wall = walls.find(({ folder }) => file.startsWith(folder));
  if (wall === undefined) return `${file} belongs to no part: add it to the table of walls`;
  if (target !== undefined) {
    const inside = target.startsWith(wall.folder) || wall.folders.some((folder) => target.startsWith(folder));
    return inside ? undefined : `${file} imports ${target}: ${wall.folder} may not use it`;
  }
  const name = packageName(specifier);
  const places = owners[name];
  if (places !== undefined && !places.some((place) => file.startsWith(place))) {
    return `${file} imports ${name}: only ${places[0]} may`;
  }
  const allowed = wall.packages.includes('*') || wall.packages.includes(name);
  return allowed ? undefined : `${file} imports ${name}: ${wall.folder} may use no package`;
};

const packageName = (specifier: string): string => {
  if (specifier.startsWith('node:')) return specifier;
  const [first, second] = specifier.split('/');
  return specifier.startsWith('@') ? `${first}/${second}` : (first ?? specifier);
};
