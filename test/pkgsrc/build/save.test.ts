import { createHash } from 'node:crypto';
import { fchmodSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SaveRequest, savePackage, sweepTemporaries } from '../../../src/pkgsrc/build/save.ts';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import { temporaryName } from '../../../src/pkgsrc/repository/place.ts';
import { type Answer, FakeSandbox } from '../fakesandbox.ts';
import { makePackage } from '../tarfile.ts';
import { makePlace, type Place } from './fixture.ts';

let place: Place;
let allDir: string;
beforeEach(async () => {
  place = await makePlace();
  allDir = join(place.packages, 'All');
});
afterEach(() => place.remove());

const saveOf = (answer: Answer, changes: Partial<SaveRequest> = {}): SaveRequest => ({
  sandbox: new FakeSandbox(() => answer),
  stageFile: '/work/tool-1.0.tgz',
  pkgname: checkPkgName('tool-1.0'),
  pkgSuffix: '.tgz',
  packageBytesMax: 5 << 20,
  packagesDir: place.packages,
  categories: ['devel'],
  owner: 'host1',
  logFd: 2,
  onWarning: async (line) => expect.fail(line),
  signal: new AbortController().signal,
  ...changes,
});

describe('saving a package', () => {
  it('puts the bytes of the sandbox into the repository and tells their digest', async () => {
    const bytes = makePackage('tool-1.0');
    const result = await savePackage(saveOf({ stdout: bytes }));
    expect(result).toEqual({
      kind: 'saved',
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      sha512: createHash('sha512').update(bytes).digest('hex'),
      sizeBytes: bytes.length,
    });
    expect(await readFile(join(allDir, 'tool-1.0.tgz'))).toEqual(bytes);
    expect(await readdir(allDir)).toEqual(['tool-1.0.tgz']);
  });

  it('takes it where nobody else gets, and gives no rights of its making to the file that others can run', async () => {
    const modes: number[] = [];
    const sandbox = new FakeSandbox(({ output }) => {
      const [incoming = ''] = readdirSync(allDir);
      modes.push(statSync(join(allDir, incoming)).mode & 0o777);
      // Root in the sandbox owns the file as it owns its own.
      if (output.kind === 'split') fchmodSync(output.stdoutFd, 0o6777);
      return { stdout: makePackage('tool-1.0') };
    });
    await savePackage(saveOf({}, { sandbox }));
    expect(modes).toEqual([0o700]);
    expect(statSync(join(allDir, 'tool-1.0.tgz')).mode & 0o7777).toBe(0o644);
    expect(sandbox.calls.at(-1)).toBe('killAll');
  });

  it('links the package from each of its categories, and replaces what was there', async () => {
    await mkdir(join(place.packages, 'devel'));
    await writeFile(join(place.packages, 'devel', 'tool-1.0.tgz'), 'old');
    const categories = ['devel', 'x11', '../outside', 'All'];
    await savePackage(saveOf({ stdout: makePackage('tool-1.0') }, { categories }));
    expect((await readdir(place.packages)).sort()).toEqual(['All', 'devel', 'x11']);
    expect(await readlink(join(place.packages, 'devel', 'tool-1.0.tgz'))).toBe('../All/tool-1.0.tgz');
    expect(await readlink(join(place.packages, 'x11', 'tool-1.0.tgz'))).toBe('../All/tool-1.0.tgz');
    expect(await readdir(allDir)).toEqual(['tool-1.0.tgz']);
  });

  it('is a success when a category cannot have its link: the others have theirs, and it is said', async () => {
    await writeFile(join(place.packages, 'devel'), 'a file');
    await mkdir(join(place.packages, 'misc', 'tool-1.0.tgz'), { recursive: true });
    const warnings: string[] = [];
    const onWarning = async (line: string) => void warnings.push(line);
    const categories = ['devel', 'misc', 'x11'];
    const answer = { stdout: makePackage('tool-1.0') };
    expect(await savePackage(saveOf(answer, { categories, onWarning }))).toMatchObject({ kind: 'saved' });
    expect(await readdir(allDir)).toEqual(['tool-1.0.tgz']);
    expect(await readdir(join(place.packages, 'misc'))).toEqual(['tool-1.0.tgz']);
    expect(await readlink(join(place.packages, 'x11', 'tool-1.0.tgz'))).toBe('../All/tool-1.0.tgz');
    expect(warnings.map((line) => line.split(' ')[0])).toEqual(['devel/tool-1.0.tgz', 'misc/tool-1.0.tgz']);
  });

  it.each([
    ['another package', makePackage('other-1.0'), 'other-1.0'],
    ['no package', Buffer.from('hello'.repeat(300)), 'not a tar file'],
    ['nothing', Buffer.alloc(0), 'empty'],
  ])('refuses a file that holds %s and leaves the old one', async (_, bytes, word) => {
    await writeFile(join(allDir, 'tool-1.0.tgz'), 'old');
    const result = await savePackage(saveOf({ stdout: bytes }));
    expect(result).toMatchObject({ kind: 'refused', reason: expect.stringContaining(word) });
    expect(await readdir(allDir)).toEqual(['tool-1.0.tgz']);
    expect(await readFile(join(allDir, 'tool-1.0.tgz'), 'utf8')).toBe('old');
  });

  it.each([
    [66, 'refused', 'link'],
    [67, 'refused', 'larger than the 5 MiB'],
    [69, 'refused', 'other names'],
    [68, 'noRoom', 'no room'],
  ])(
    'leaves nothing behind when the reader finds a link, too much, or no room (%s)',
    async (code, kind, word) => {
      const result = await savePackage(saveOf({ code }));
      expect(result.kind).toBe(kind);
      expect(JSON.stringify(result)).toContain(word);
      expect(await readdir(allDir)).toEqual([]);
    },
  );

  it('leaves nothing half written when the reader is stopped in the middle', async () => {
    const result = await savePackage(saveOf({ kind: 'aborted', wallMs: 1, cpuMs: 1 }));
    expect(result.kind).toBe('notRead');
    expect(await readdir(allDir)).toEqual([]);
  });

  it('refuses a file of another name without reading it', async () => {
    const result = await savePackage(saveOf({}, { stageFile: '/work/tool-1.1.tgz' }));
    expect(result).toMatchObject({ kind: 'refused', reason: expect.stringContaining('tool-1.1.tgz') });
  });
});

describe('sweeping the repository', () => {
  it('deletes what this agent left half written, and nothing else', async () => {
    const others = temporaryName('host2');
    for (const name of [temporaryName('host1'), others, 'tool-1.0.tgz', '.hidden']) {
      await writeFile(join(allDir, name), 'x');
    }
    const incoming = join(allDir, temporaryName('host1'));
    await mkdir(incoming);
    await writeFile(join(incoming, 'package'), 'x');
    expect(await sweepTemporaries(place.packages, 'host1')).toBe(2);
    expect((await readdir(allDir)).sort()).toEqual([others, '.hidden', 'tool-1.0.tgz'].sort());
  });

  it('looks into the categories too, but through no link and into nothing else', async () => {
    const [own, others] = [temporaryName('host1'), temporaryName('host2')];
    const outside = join(place.dir, 'outside');
    for (const dir of [join(place.packages, 'devel'), join(place.packages, '.hidden'), outside]) {
      await mkdir(dir);
      for (const name of [own, others]) await symlink('../All/tool-1.0.tgz', join(dir, name));
    }
    await symlink(outside, join(place.packages, 'misc'));
    expect(await sweepTemporaries(place.packages, 'host1')).toBe(1);
    expect(await readdir(join(place.packages, 'devel'))).toEqual([others]);
    expect(await readdir(join(place.packages, '.hidden'))).toHaveLength(2);
    expect(await readdir(outside)).toHaveLength(2);
  });

  it('has nothing to do where there is no repository yet', async () => {
    expect(await sweepTemporaries(join(place.dir, 'none'), 'host1')).toBe(0);
  });
});
