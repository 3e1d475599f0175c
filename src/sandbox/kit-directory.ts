import { lstatSync } from 'node:fs';
import { ancestorsOf } from './names.ts';

/** A directory of an unpacked kit by its path inside, if every component of it is a real directory. */
export function kitDirectory(kitDir: string | undefined, path: string): string | undefined {
  if (kitDir === undefined) return undefined;
  const all = [...ancestorsOf(path), path].map((part) => `${kitDir}${part}`);
  return all.every((part) => lstatSync(part, { throwIfNoEntry: false })?.isDirectory())
    ? all.at(-1)
    : undefined;
}
