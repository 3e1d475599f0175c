import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Import } from './walls.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Source {
  /** From the project's root. */
  readonly file: string;
  readonly text: string;
}

/** Every file that git knows or would add, of the endings given. */
export const listSources = (...endings: readonly string[]): Source[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .flatMap((file) => {
      try {
        return [{ file, text: readFileSync(join(root, file), 'utf8') }];
      } catch {
        return []; // deleted in the work tree, still in the index
      }
    });

/** The static and dynamic imports of a source, and its re-exports. */
export const listImports = ({ file, text }: Source): Import[] => {
  const found = text.matchAll(
    /^(?:import|export)\b[^'";]*?from\s*'([^']+)'|^import\s*'([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return [...found].flatMap((match) => {
    const specifier = match[1] ?? match[2] ?? match[3];
    if (specifier === undefined) return [];
    const relative = specifier.startsWith('.');
    return [{ file, specifier, target: relative ? normalize(join(dirname(file), specifier)) : undefined }];
  });
};
