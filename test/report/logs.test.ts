import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLogs } from '../../src/report/logs.ts';
import { pkgName } from './fixture.ts';

describe('the logs of a build', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bulkmesh-logs-'));
  });
  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  it('are listed in the order in which the stages run, others last', async () => {
    await mkdir(join(dir, 'a-1'));
    for (const file of ['work.log', 'build.log', 'pre-clean.log', 'configure.log', 'notes.txt']) {
      await writeFile(join(dir, 'a-1', file), '');
    }
    const logs = await findLogs(dir, join(dir, 'meta'), [pkgName('a-1'), pkgName('b-1')]);
    expect(logs.listStages(pkgName('a-1'))).toEqual(['pre-clean', 'configure', 'build', 'work']);
    expect(logs.listStages(pkgName('b-1'))).toEqual([]);
  });

  it('are linked relative to where the report lies', async () => {
    const beside = await findLogs(dir, join(dir, 'meta'), []);
    expect(beside.linkTo(pkgName('gtk3+-3.24'), 'build')).toBe('../gtk3%2B-3.24/build.log');
    expect(beside.linkToAll()).toBe('../');
    const inside = await findLogs('/content/bulklog/logs', '/content/bulklog', []);
    expect(inside.linkTo(pkgName('a-1'), 'build')).toBe('logs/a-1/build.log');
  });

  it('are none when the directory is gone, and none outside it whatever a package is called', async () => {
    await mkdir(join(dir, 'logs'));
    await mkdir(join(dir, 'secret'));
    await writeFile(join(dir, 'secret', 'build.log'), '');
    const names = ['../secret', '..', '.', ''].map(pkgName);
    const logs = await findLogs(join(dir, 'logs'), dir, names);
    expect(names.flatMap((name) => logs.listStages(name))).toEqual([]);
    const gone = await findLogs(join(dir, 'nowhere'), dir, [pkgName('a-1')]);
    expect(gone.listStages(pkgName('a-1'))).toEqual([]);
  });
});
