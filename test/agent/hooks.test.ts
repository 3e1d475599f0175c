import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { summarizeEarlyEnd } from '../../agent/build/ending.ts';
import { type BuildHooks, createBuildHooks } from '../../agent/hooks.ts';
import type { Config } from '../../src/config/config.ts';
import { buildId } from '../../src/core/ids.ts';
import { type FakeTree, layFakeTree } from './support/fake-tree.ts';

describe.skipIf(process.platform === 'win32')('the hooks of a build', () => {
  let dir: string;
  let tree: FakeTree;
  let warnings: string[];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'bulkmesh-hooks-'));
    tree = layFakeTree();
    warnings = [];
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
    tree.remove();
  });

  const logFile = (): string => join(dir, 'meta/hooks.log');
  const script = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const make = (hooks: Partial<Config['hooks']>, changes: Partial<Config> = {}): BuildHooks =>
    createBuildHooks({
      config: { ...tree.config, ...changes, hooks: { ...tree.config.hooks, ...hooks } },
      build: 'b1',
      logFile: logFile(),
      onWarning: (text) => warnings.push(text),
    });
  const summary = {
    ...summarizeEarlyEnd({ build: buildId('b1'), cause: '', stopped: true, logs: '', packages: '' }),
    ending: 'complete',
  } as const;
  const { signal } = new AbortController();

  it('get the build and its paths in their environment, no input, and / as their directory', async () => {
    const hook = script('before', 'env | sort; pwd; cat; echo "with $1"');
    await make({ beforeBuild: [hook, 'two words'] }).before(signal);
    const said = readFileSync(logFile(), 'utf8');
    expect(said).toContain('BULKMESH_BUILD=b1\n');
    expect(said).toContain('BULKMESH_HOOK=before_build\n');
    expect(said).toContain(`BULKMESH_PACKAGES=${tree.config.paths.packages}\n`);
    expect(said).toMatch(/\n\/\nwith two words\n$/);
  });

  it('get nothing else of the agent’s environment but what the configuration lets through', async () => {
    process.env.HOOK_TEST_SHOWN = 'shown';
    process.env.HOOK_TEST_HIDDEN = 'hidden';
    try {
      const pkgsrc = { ...tree.config.pkgsrc, inherit: ['HOOK_TEST_SHOWN'] };
      await make({ beforeBuild: [script('before', 'env')] }, { pkgsrc }).before(signal);
    } finally {
      delete process.env.HOOK_TEST_SHOWN;
      delete process.env.HOOK_TEST_HIDDEN;
    }
    const said = readFileSync(logFile(), 'utf8');
    expect(said).toContain('HOOK_TEST_SHOWN=shown');
    expect(said).not.toContain('HOOK_TEST_HIDDEN');
  });

  it('stop the build when the first one fails, and say what it said', async () => {
    const hook = script('before', 'echo "ERROR: no space for packages" >&2; exit 3');
    await expect(make({ beforeBuild: [hook] }).before(signal)).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      message: `the hook before_build (${hook}) exited with 3: ERROR: no space for packages`,
    });
  });

  it('only warn when the last one fails, and tell it how the build ended', async () => {
    const hook = script('after', 'echo "$BULKMESH_HOOK $BULKMESH_ENDING $BULKMESH_FAILED"; exit 2');
    await make({ afterBuild: [hook] }).after(summary, signal);
    expect(warnings).toEqual([expect.stringContaining(`the hook after_build (${hook}) exited with 2`)]);
    expect(readFileSync(logFile(), 'utf8')).toBe('after_build complete 0\n');
  });

  it('end with what they started when the build is stopped', async () => {
    const stop = new AbortController();
    const running = make({ beforeBuild: [script('before', 'echo on; sleep 1000')] }).before(stop.signal);
    setTimeout(() => stop.abort(), 200);
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('are nothing at all when none are configured', async () => {
    await make({}).before(signal);
    await make({}).after(summary, signal);
    expect(() => readFileSync(logFile())).toThrow();
  });
});
