import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ScanFailure } from '../../../src/pkgsrc/package.ts';
import { type ScanRequest, scanTree } from '../../../src/pkgsrc/scan/scan.ts';
import { type Answer, FakeSandbox } from '../fakesandbox.ts';
import { answerBatch } from './fakemake.ts';

let tree: string;
beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'bulkmesh-scan-'));
});
afterEach(() => rm(tree, { recursive: true, force: true }));

const recordText = (pkgname: string, depends = ''): string =>
  `PKGNAME=${pkgname}\nALL_DEPENDS=${depends}\nPKG_SKIP_REASON=\nPKG_FAIL_REASON=\n`;

/** A tree of directories, and a make that prints what `answers` has for each of them. */
async function scan(
  answers: Readonly<Record<string, Answer | string>>,
  changes: Partial<Omit<ScanRequest, 'sandbox'>> = {},
) {
  for (const path of Object.keys(answers)) {
    await mkdir(join(tree, path), { recursive: true });
    await writeFile(join(tree, path, 'Makefile'), '');
  }
  const indexed: string[] = [];
  const sandbox = new FakeSandbox((command) =>
    answerBatch(command, (dir, make) => {
      if (make.includes('pbulk-index')) indexed.push(dir);
      const answer = answers[dir] ?? { code: 2 };
      return typeof answer === 'string' ? { stdout: answer } : answer;
    }),
  );
  const result = await scanTree({
    sandbox,
    environment: { make: '/bin/make', pkgsrc: tree, workDir: '/work', variables: {}, cacheVars: {} },
    pkgpaths: [],
    concurrency: 2,
    signal: new AbortController().signal,
    ...changes,
  });
  return {
    names: result.records.map((record) => record.pkgname),
    failures: result.failures.map(({ pkgpath, reason }) => `${pkgpath}: ${reason}`),
    indexed,
  };
}

const WHOLE = {
  '.': 'devel lang\n',
  devel: 'b a\n',
  lang: 'perl\n',
  'devel/b': recordText('b-1.0'),
  'devel/a': recordText('a-1.0', 'b>=1:../../devel/b'),
  'lang/perl': recordText('perl-5.0') + recordText('perl-4.0'),
};

describe('a scan of the whole tree', () => {
  it('indexes each listed path once and keeps the order of the lists', async () => {
    const { names, indexed } = await scan(WHOLE);
    expect(names).toEqual(['b-1.0', 'a-1.0', 'perl-5.0', 'perl-4.0']);
    expect([...indexed].sort()).toEqual(['devel/a', 'devel/b', 'lang/perl']);
  });

  it('keeps the first of two packages of one name and says so', async () => {
    const warnings: string[] = [];
    const answers = { ...WHOLE, 'lang/perl': recordText('a-1.0') };
    const { names } = await scan(answers, { onWarning: (line) => warnings.push(line) });
    expect(names).toEqual(['b-1.0', 'a-1.0']);
    expect(warnings).toEqual(['a-1.0 of lang/perl left out: devel/a has one already']);
  });

  it('says nothing when one path gives one name for each version that it can be built with', async () => {
    const warnings: string[] = [];
    const answers = { ...WHOLE, 'lang/perl': recordText('perl-5.0') + recordText('perl-5.0') };
    const { names } = await scan(answers, { onWarning: (line) => warnings.push(line) });
    expect(names).toEqual(['b-1.0', 'a-1.0', 'perl-5.0']);
    expect(warnings).toEqual([]);
  });

  it.each([
    [
      'a make that fails',
      { code: 1, stderr: 'bmake: "Makefile" line 3: Missing dependency operator' },
      'line 3',
    ],
    ['a malformed record', { stdout: 'PKGNAME=b-1.0\nrubbish\n' }, 'devel/b, line 2'],
    [
      'a NUL byte',
      { stdout: recordText('b-1.0').replace('SKIP_REASON=', 'SKIP_REASON=\0') },
      'devel/b, line',
    ],
    ['no output', { stdout: '' }, 'no record'],
    [
      'output without end, in characters of several bytes',
      { stdout: recordText('b-1.0', 'ü'.repeat(8 << 20)) },
      'without end',
    ],
    ['a make that is killed', { kind: 'signalled', signal: 'SIGKILL', wallMs: 1, cpuMs: 1 }, 'SIGKILL'],
  ] as const)('loses one path alone to %s', async (_, answer, word) => {
    const failures: ScanFailure[] = [];
    const result = await scan(
      { ...WHOLE, 'devel/b': answer },
      { onFailure: (failure) => failures.push(failure) },
    );
    expect(result.names).toEqual(['a-1.0', 'perl-5.0', 'perl-4.0']);
    expect(failures).toEqual([expect.objectContaining({ pkgpath: 'devel/b' })]);
    expect(result.failures).toEqual([expect.stringContaining(word)]);
  });

  it('is an error when no path gives anything', async () => {
    await expect(scan({ '.': 'devel\n', devel: 'a\n', 'devel/a': { code: 1 } })).rejects.toMatchObject({
      code: 'SCAN_EMPTY',
    });
    await expect(scan({ '.': '\n' })).rejects.toMatchObject({ code: 'SCAN_EMPTY' });
  });
});

describe('a scan of a limited list', () => {
  it('follows dependencies, each path once, and tells how far it is', async () => {
    const answers = {
      'meta/all': recordText('all-1', 'a>=1:../../devel/a b>=1:../../devel/b'),
      'devel/a': recordText('a-1.0', 'b>=1:../../devel/b c-[0-9]*:../../devel/c'),
      'devel/b': recordText('b-1.0'),
      'devel/c': recordText('c-1.0'),
      'devel/unwanted': recordText('unwanted-1.0'),
    };
    const progress: string[] = [];
    const { names, indexed } = await scan(answers, {
      pkgpaths: ['meta/all'],
      onProgress: (done, total, failed) => progress.push(`${done}/${total}/${failed}`),
    });
    expect(names).toEqual(['all-1', 'a-1.0', 'b-1.0', 'c-1.0']);
    expect([...indexed].sort()).toEqual(['devel/a', 'devel/b', 'devel/c', 'meta/all']);
    expect(progress[0]).toBe('1/3/0');
    expect(progress.at(-1)).toBe('4/4/0');
  });

  it('goes on when a dependency names a place that is not in the tree', async () => {
    const { names, failures } = await scan(
      { 'devel/a': recordText('a-1.0', 'gone>=1:../../devel/gone') },
      { pkgpaths: ['devel/a'] },
    );
    expect(names).toEqual(['a-1.0']);
    expect(failures).toEqual(['devel/gone: there is no such package in the tree']);
  });

  it('refuses paths that are not in the tree before anything is run, and names them all', async () => {
    const answers = { 'devel/a': recordText('a-1.0') };
    await expect(scan(answers, { pkgpaths: ['devel/a', 'devel/x', 'x/y'] })).rejects.toMatchObject({
      code: 'PKGPATH_UNKNOWN',
      message: expect.stringContaining('devel/x, x/y'),
    });
    await expect(scan(answers, { pkgpaths: ['lang/a'] })).rejects.toMatchObject({
      hint: 'There is devel/a.',
    });
    await expect(scan(answers, { pkgpaths: ['../etc'] })).rejects.toMatchObject({ code: 'PKGPATH_INVALID' });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const answers = { 'devel/a': recordText('a-1.0', 'b>=1:../../devel/b'), 'devel/b': recordText('b-1.0') };
    const stopped = scan(answers, {
      pkgpaths: ['devel/a'],
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('blames the host, not a path, when the sandbox runs nothing', async () => {
    const answers = { 'devel/a': { kind: 'trouble', detail: 'no namespace' } as const };
    await expect(scan(answers, { pkgpaths: ['devel/a'] })).rejects.toMatchObject({ code: 'SCAN_TROUBLE' });
  });
});
