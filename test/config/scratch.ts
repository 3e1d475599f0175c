import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

/** Makes temporary directories that hold an (empty) pkgsrc tree; they are gone after each test. */
export const useContentDir = (): (() => string) => {
  const made: string[] = [];
  afterEach(() => {
    for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
  });
  return () => {
    const directory = mkdtempSync(join(tmpdir(), 'bulkmesh-test-'));
    made.push(directory);
    mkdirSync(join(directory, 'pkgsrc'));
    return directory;
  };
};

/** Writes `bulkmesh.toml` into `directory` and returns its path. */
export const writeConfig = (directory: string, text: string): string => {
  const file = join(directory, 'bulkmesh.toml');
  writeFileSync(file, text);
  return file;
};
