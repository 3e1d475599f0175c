import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { type FakeTree, hangAt, layFakeTree } from '../agent/support/fake-tree.ts';
import { runCli, startCli } from './run.ts';

let tree: FakeTree;
let configFile: string;
beforeEach(() => {
  tree = layFakeTree();
  configFile = join(tree.dir, 'bulkmesh.toml');
  writeFileSync(
    configFile,
    `[paths]
pkgsrc = "pkgsrc"
packages = "packages"
distfiles = "distfiles"
bulklog = "bulklog"
state = "state"
[pkgsrc]
make = "${tree.dir}/make"
prefix = "${tree.dir}/pkg"
pkg_dbdir = "${tree.dir}/pkg/.pkgdb"
build_user = "nobody"
[build]
scan_procs = 1
[sandbox]
driver = "none"
`,
  );
});
afterEach(() => tree.remove());

const scan = (...args: readonly string[]) => runCli(['scan', '-c', configFile, ...args]);
const asked = (name: string): number => tree.calls().filter((call) => call === `pbulk-index ${name}`).length;

describe('bulkmesh scan', () => {
  it('asks what is wanted and all that it needs, counts, and writes what pbulk-scan would', async () => {
    tree.addPackage('lib');
    tree.addPackage('top', { needs: ['lib'] });
    const file = join(tree.dir, 'pscan');
    const result = await scan('cat/top', '-o', file);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('2 packages: 2 can be built') });
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines.filter((line) => /^(PKGNAME|PKG_LOCATION)=/.test(line))).toEqual([
      'PKGNAME=top-1.0',
      'PKG_LOCATION=cat/top',
      'PKGNAME=lib-1.0',
      'PKG_LOCATION=cat/lib',
    ]);
    expect((await scan('cat/top')).stdout).toContain('0 asked, 2 known');
    expect((await scan('cat/top', '--fresh')).stdout).toContain('2 asked, 0 known');
  });

  it('names what cannot be scanned or resolved, and its exit code is 1', async () => {
    tree.addPackage('top', { needs: ['gone'] });
    const result = await scan('cat/top');
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('failed: cat/gone: there is no such package in the tree');
    expect(result.stdout).toContain('unresolved: top-1.0: ');
  });

  it('goes on after kill -9 with what it had', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'late'];
    for (const name of names) tree.addPackage(name, name === 'late' ? { hook: hangAt('pbulk-index') } : {});
    const paths = names.map((name) => `cat/${name}`);
    const killed = startCli(['scan', '-c', configFile, ...paths]);
    while (asked('late') === 0) await delay(20);
    killed.child.kill('SIGKILL');
    await killed.ended;
    tree.letGo();
    const result = await scan(...paths);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('8 packages: 8 can be built') });
    expect(['a', 'b', 'c', 'd'].map(asked)).toEqual([1, 1, 1, 1]);
  });

  it('keeps out of the way of an agent', async () => {
    const store = openStore(join(tree.dir, 'state'));
    try {
      const result = await scan('cat/top');
      expect(result.code).toBe(2);
      expect(result.stderr).toContain('a scan alone needs the place of the agent');
    } finally {
      store.close();
    }
  });
});
