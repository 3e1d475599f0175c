import { describe, expect, it } from 'vitest';
import { listSubdirs } from '../../../src/pkgsrc/scan/subdirs.ts';
import { type Answer, FakeSandbox } from '../fakesandbox.ts';
import { answerBatch } from './fakemake.ts';

const list = (answers: Readonly<Record<string, Answer>>, warnings: string[] = []) =>
  listSubdirs({
    sandbox: new FakeSandbox((command) =>
      answerBatch(command, (dir) => answers[dir] ?? { code: 1, stderr: 'no such category' }),
    ),
    environment: { make: '/bin/make', pkgsrc: '/tree', workDir: '/work', variables: {}, cacheVars: {} },
    concurrency: 2,
    signal: new AbortController().signal,
    onWarning: (line) => warnings.push(line),
  });

describe('listing the whole tree', () => {
  it('gives every path in the order of the lists, with those that the user added', async () => {
    const paths = await list({
      '.': { stdout: 'devel archivers wip/mine\n' },
      devel: { stdout: 'zlib apr\n' },
      archivers: { stdout: 'xz\n' },
    });
    expect(paths).toEqual(['devel/zlib', 'devel/apr', 'archivers/xz', 'wip/mine']);
  });

  it('leaves out a category that fails, and words that are no paths, each with a warning', async () => {
    const warnings: string[] = [];
    const answers = {
      '.': { stdout: 'broken devel ../etc\n' },
      devel: { stdout: 'zlib -evil\n' },
    };
    expect(await list(answers, warnings)).toEqual(['devel/zlib']);
    expect(warnings).toEqual([
      'category broken left out: no such category (exit 1)',
      '"devel/-evil" in SUBDIR is not a PKGPATH; left out',
      '"../etc" in SUBDIR is not a PKGPATH; left out',
    ]);
  });

  it('fails when the top of the tree does', async () => {
    await expect(list({})).rejects.toMatchObject({ code: 'TREE_FAILS' });
  });
});
