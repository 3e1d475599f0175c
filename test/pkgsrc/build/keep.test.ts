import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepRemains } from '../../../src/pkgsrc/build/keep.ts';
import { openPackageLogs } from '../../../src/pkgsrc/build/log.ts';
import type { BuildPolicy } from '../../../src/pkgsrc/build/policy.ts';
import { PackageRun } from '../../../src/pkgsrc/build/run.ts';
import { hostSandbox } from '../hostsandbox.ts';
import { makePlace, type Place, policy, record, request } from './fixture.ts';

let place: Place;
let workDir: string;
let prefix: string;
beforeEach(async () => {
  place = await makePlace();
  workDir = join(place.dir, 'work/devel/tool/work');
  prefix = join(place.dir, 'pkg');
  put('work/devel/tool/work/tool-1.0/config.log', 'configure said so\n');
  put('work/devel/tool/work/tool-1.0/sub/config.log', 'and here\n');
  put('work/devel/tool/work/tool-1.0/main.c', 'int x;\n');
  put('pkg/bin/tool', 'a program\n');
  put('secret', 'not for a report\n');
});
afterEach(() => place.remove());

const put = (path: string, text: string): void => {
  const full = join(place.dir, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text);
};

const keep = async (changes: Partial<BuildPolicy>, isInstalled = false): Promise<string> => {
  const base = request(place, { sandbox: hostSandbox, user: undefined, policy: policy(changes) });
  const logs = await openPackageLogs(place.logDir, record().pkgname);
  await keepRemains(new PackageRun({ ...base, tree: { ...base.tree, prefix } }, logs), workDir, {
    isInstalled,
  });
  return logs.dir;
};
const members = (file: string): string[] =>
  execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n');

describe('what is kept of a package that fails', () => {
  it('is nothing but logs where nothing more was asked for', async () => {
    expect(readdirSync(await keep({}, true))).toEqual([]);
  });

  it('is the work directory as pbulk keeps it', async () => {
    const dir = await keep({ keepWrkdir: true });
    expect(members(join(dir, 'wrkdir.tar.gz'))).toContain('./work/tool-1.0/config.log');
  });

  it('is the prefix once something was installed, and not before', async () => {
    expect(existsSync(join(await keep({ keepPrefix: true }), 'prefix.tar.gz'))).toBe(false);
    const dir = await keep({ keepPrefix: true }, true);
    expect(members(join(dir, 'prefix.tar.gz'))).toContain('./pkg/bin/tool');
  });

  it('are the files that match, under their names below the work directory', async () => {
    const dir = await keep({ save: ['*/config.log', 'nothing/like/it'] });
    const files = readdirSync(join(dir, 'wrkdir-files'), { recursive: true }).sort();
    expect(files).toEqual(['tool-1.0', 'tool-1.0/config.log', 'tool-1.0/sub', 'tool-1.0/sub/config.log']);
    expect(readFileSync(join(dir, 'wrkdir-files/tool-1.0/config.log'), 'utf8')).toBe('configure said so\n');
  });

  it('is never what a link of the package leads to', async () => {
    symlinkSync(join(place.dir, 'secret'), join(workDir, 'tool-1.0/a.core'));
    symlinkSync(place.dir, join(workDir, 'tool-1.0/up'));
    const dir = await keep({ save: ['*.core', '*secret'], keepWrkdir: true });
    expect(existsSync(join(dir, 'wrkdir-files'))).toBe(false);
    const text = execFileSync('tar', ['-xzOf', join(dir, 'wrkdir.tar.gz')], { encoding: 'utf8' });
    expect(text).not.toContain('not for a report');
  });

  it('has no names that a terminal would obey', async () => {
    put('work/devel/tool/work/tool-1.0/\u001b[2J.log', 'x');
    put('work/devel/tool/work/tool-1.0/two\nlines.log', 'x');
    const dir = await keep({ save: ['*.log'] });
    expect(readdirSync(join(dir, 'wrkdir-files/tool-1.0')).sort()).toEqual(['config.log', 'sub']);
  });

  it('goes with the logs when the package is tried again', async () => {
    const dir = await keep({ save: ['*/config.log'], keepWrkdir: true });
    expect(readdirSync(dir)).toEqual(expect.arrayContaining(['wrkdir-files', 'wrkdir.tar.gz']));
    await openPackageLogs(place.logDir, record().pkgname);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is not cut as a long log is', async () => {
    const logs = await openPackageLogs(place.logDir, record().pkgname);
    const archive = Buffer.alloc(2 << 20, 'x');
    writeFileSync(join(logs.dir, 'wrkdir.tar.gz'), archive);
    await logs.cut(1);
    expect(readFileSync(join(logs.dir, 'wrkdir.tar.gz'))).toEqual(archive);
  });
});
