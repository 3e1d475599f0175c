import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    // Real sandboxes and compilers on a busy two-core machine: a limit is for what hangs, not for what is slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // No test file changes what another one sees of a process, and a process for each costs a third of the time.
    isolate: false,
    // Half of the time goes by in waiting for programs.
    maxWorkers: 2 * availableParallelism(),
    // Agents of tests that run at the same time must not share this host's cores; a test of sharing says where.
    env: { BULKMESH_SHARE: '' },
    reporters: ['default', './test/reporter.ts'],
  },
});
