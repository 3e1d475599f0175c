import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BulkmeshError } from '../../src/errors.ts';

/** What the tree's own bootstrap script is to be told. Paths are those inside the sandbox. */
export interface ScriptWishes {
  readonly prefix: string;
  /** Undefined: where the script puts it by itself. */
  readonly pkgDbdir: string | undefined;
  readonly kit: string;
  readonly workDir: string;
  readonly mkFragment: string | undefined;
  readonly abi: string | undefined;
  readonly jobs: number;
  /** False: nobody inside is root. */
  readonly isRoot: boolean;
  /** The user's own words, given last. */
  readonly words: readonly string[];
}

export interface BootstrapScript {
  readonly path: string;
  /** Program and arguments; options that this version of the script does not know are left out where they may be. */
  argv(wishes: ScriptWishes): readonly string[];
}

/** Finds the bootstrap script of a tree. Throws TREE_NO_BOOTSTRAP. */
export async function findScript(pkgsrc: string): Promise<BootstrapScript> {
  const path = join(pkgsrc, 'bootstrap', 'bootstrap');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new BulkmeshError('TREE_NO_BOOTSTRAP', `${path} cannot be read: no pkgsrc tree lies there`, {
      hint: 'get one with "bulkmesh tree", or set paths.pkgsrc to the tree that you have',
      cause,
    });
  });
  return { path, argv: (wishes) => ['/bin/sh', path, ...listOptions(text, wishes), ...wishes.words] };
}

function listOptions(script: string, wishes: ScriptWishes): readonly string[] {
  const { prefix, pkgDbdir, kit, workDir, mkFragment, abi, jobs, isRoot } = wishes;
  const knows = (option: string): boolean => script.includes(option);
  return [
    `--prefix=${prefix}`,
    ...(pkgDbdir === undefined ? [] : [`--pkgdbdir=${pkgDbdir}`]),
    `--workdir=${workDir}`,
    `--gzip-binary-kit=${kit}`,
    ...(mkFragment === undefined ? [] : [`--mk-fragment=${mkFragment}`]),
    ...(abi === undefined ? [] : [`--abi=${abi}`]),
    ...(jobs > 1 && knows('--make-jobs') ? [`--make-jobs=${jobs}`] : []),
    ...(!isRoot && knows('--unprivileged') ? ['--unprivileged'] : []),
  ];
}

/**
 * What pkgsrc asks of a shell's echo: a backslash stays one. The script ends at once with a shell that prints @ here
 * (dash), unless SH names another.
 */
export const echoTest = ['-c', 'echo "\\\\100"'] as const;
/** What `echoTest` prints where the shell will not do. */
export const echoUnfit = '@';
/** Shells to name in SH, in this order, where /bin/sh will not do. */
export const otherShells = [
  '/bin/bash',
  '/usr/bin/bash',
  '/usr/local/bin/bash',
  '/bin/ksh',
  '/usr/bin/ksh',
] as const;
