import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../cli/bulkmesh.mjs', import.meta.url));
const full = '/dev/full';

describe('output that cannot be written', () => {
  it.skipIf(!existsSync(full))('is told in one line, with exit code 2 (needs /dev/full)', () => {
    const stdout = openSync(full, 'w');
    const { status, stderr } = spawnSync(process.execPath, [program, '--help'], {
      stdio: ['ignore', stdout, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(stdout);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^bulkmesh: standard output: ENOSPC.*\n$/);
  });
});
