import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../cli/bundle.ts';
import { recordText } from '../pkgsrc/records.ts';

const hasBzip2 = spawnSync('bzip2', ['--help']).status === 0;
const A = recordText('a-1', { depends: 'b>=1:../../cat/elsewhere' });
const B = recordText('b-1');
const BAD = recordText('bad-1', { depends: 'gone>=1:../../cat/gone' });
const RESOLVED = `${A}DEPENDS=b-1\n${B}`;
let dir: string;
let program: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'bulkmesh-resolve-'));
  program = join(dir, 'bulkmesh.mjs');
  await bundleProgram(program);
  writeFileSync(join(dir, 'pscan'), A + B);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface RunOptions {
  readonly input?: string | Buffer;
  readonly path?: string;
}

const run = (args: readonly string[], { input = '', path = process.env.PATH ?? '' }: RunOptions = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: dir,
    input,
    encoding: 'utf8',
    env: { PATH: path },
  });
  return { status, stdout, stderr };
};

describe('resolve', () => {
  it('reads a file or standard input, and writes the presolve and a count', () => {
    const counted = 'bulkmesh: 2 packages: 2 buildable; 1 dependencies\n';
    const expected = { status: 0, stdout: RESOLVED, stderr: counted };
    expect(run(['resolve', 'pscan'])).toEqual(expected);
    expect(run(['resolve'], { input: A + B })).toEqual(expected);
    expect(run(['resolve', '-'], { input: RESOLVED })).toEqual(expected);
  });

  it('reads what is compressed, and compresses what is to have such a name', () => {
    for (const input of [gzipSync(A + B), zstdCompressSync(A + B)]) {
      expect(run(['resolve'], { input }).stdout).toBe(RESOLVED);
    }
    expect(run(['resolve', 'pscan', '-o', 'p.zst']).status).toBe(0);
    expect(zstdDecompressSync(readFileSync(join(dir, 'p.zst'))).toString()).toBe(RESOLVED);
    expect(run(['resolve', 'p.zst', '-o', 'p.gz']).status).toBe(0);
    expect(gunzipSync(readFileSync(join(dir, 'p.gz'))).toString()).toBe(RESOLVED);
  });

  it.skipIf(!hasBzip2)('does so with bzip2 too (skips without the program)', () => {
    expect(run(['resolve', 'pscan', '-o', 'p.bz2']).status).toBe(0);
    expect(execFileSync('bzip2', ['-dc', join(dir, 'p.bz2')], { encoding: 'utf8' })).toBe(RESOLVED);
    expect(run(['resolve', 'p.bz2']).stdout).toBe(RESOLVED);
    const cut = run(['resolve'], { input: readFileSync(join(dir, 'p.bz2')).subarray(0, -8) });
    expect(cut).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('bzip2 failed: ') });
  });

  it('says that bzip2 is needed where it is not there, and leaves nothing half written', () => {
    const message = expect.stringMatching(/^bulkmesh: Cannot .*bzip2 is needed, and is not there\n/);
    const read = run(['resolve'], { input: 'BZh91AY&SY', path: '/nowhere' });
    expect(read).toEqual({ status: 2, stdout: '', stderr: message });
    expect(run(['resolve', 'pscan', '-o', 'q.bz2'], { path: '/nowhere' })).toMatchObject({
      status: 2,
      stderr: message,
    });
    expect(readdirSync(dir).filter((name) => name.startsWith('q.'))).toEqual([]);
  });

  it('takes several scans as one, the first record of a name counting', () => {
    writeFileSync(join(dir, 'more'), BAD + recordText('b-1', { depends: 'gone>=1:../../cat/gone' }));
    const { status, stdout, stderr } = run(['resolve', 'pscan', 'more']);
    expect(status).toBe(1);
    expect(stdout.startsWith(RESOLVED)).toBe(true);
    expect(stdout).toContain('PKG_FAIL_REASON="could not resolve dependency "gone>=1""');
    expect(stderr).toBe(
      'bulkmesh: b-1 of cat/b left out: the first is of the same\n' +
        'bulkmesh: bad-1: could not resolve dependency "gone>=1"\n' +
        'bulkmesh: 3 packages: 2 buildable, 1 unresolved; 1 dependencies; 1 duplicates left out\n',
    );
  });

  it('names matches from another place only with -v', () => {
    expect(run(['resolve', '-v', 'pscan']).stderr).toMatch(
      /^bulkmesh: a-1: taken for b>=1: b-1 of cat\/b, not of cat\/elsewhere\n/,
    );
  });

  it('tells of each record that is cut or malformed, and resolves the others', () => {
    const { status, stdout, stderr } = run(['resolve'], { input: A + B + BAD.slice(0, -4) });
    expect({ status, stdout }).toEqual({ status: 1, stdout: RESOLVED });
    expect(stderr).toMatch(/^bulkmesh: standard input:18: bad-1: the last line is cut short\n/);
  });

  it.each([
    ['nothing', '', 'it is empty'],
    ['another file', '#!/bin/sh\necho hello\n', 'is no KEY=value'],
    ['zeros', '\0'.repeat(100_000), 'the last line is cut short'],
    ['line ends of another system', (A + B).replaceAll('\n', '\r\n'), 'CR LF'],
    ['a damaged archive', gzipSync(A + B).subarray(0, 40), 'unexpected end of file'],
  ])('ends with one clear error on %s', (_, input, reason) => {
    const { status, stdout, stderr } = run(['resolve'], { input });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^bulkmesh: .*standard input.*\n {2}.*\n$/);
    expect(stderr).toContain(reason);
  });

  it('takes no harm from a reader that goes away', async () => {
    const many = Array.from({ length: 5000 }, (_, at) => recordText(`p${at}-1`)).join('');
    writeFileSync(join(dir, 'many'), many);
    const child = spawn(process.execPath, [program, 'resolve', 'many'], { cwd: dir });
    child.stdout.once('data', () => child.stdout.destroy());
    const said: string[] = [];
    child.stderr.on('data', (data) => said.push(String(data)));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(said.join('')).toBe('bulkmesh: 5000 packages: 5000 buildable; 0 dependencies\n');
  });
});

describe('graph', () => {
  const scan = [
    recordText('top-1', { depends: 'mid-1:../../cat/mid' }),
    recordText('mid-1', { depends: 'low>=1:../../cat/low' }),
    recordText('low-1', { fail: '"no"' }),
    recordText('lone-1'),
  ].join('');
  const graph = (...args: string[]) => run(['graph', '-', ...args], { input: scan });

  it('is dot with an edge from each package to what it needs', () => {
    expect(graph()).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        'digraph packages {',
        '  "top-1" [style=dotted];',
        '  "mid-1" [style=dotted];',
        '  "low-1" [style=dashed];',
        '  "lone-1";',
        '  "top-1" -> "mid-1";',
        '  "mid-1" -> "low-1";',
        '}',
        '',
      ].join('\n'),
    });
  });

  it('is JSON with states and reasons', () => {
    const { packages } = JSON.parse(graph('--format', 'json').stdout);
    expect(packages).toEqual([
      {
        name: 'top-1',
        pkgpath: 'cat/top',
        needs: ['mid-1'],
        state: 'indirect',
        of: 'masked',
        culprits: ['low-1'],
      },
      {
        name: 'mid-1',
        pkgpath: 'cat/mid',
        needs: ['low-1'],
        state: 'indirect',
        of: 'masked',
        culprits: ['low-1'],
      },
      { name: 'low-1', pkgpath: 'cat/low', needs: [], state: 'masked', by: 'fail', reason: '"no"' },
      { name: 'lone-1', pkgpath: 'cat/lone', needs: [], state: 'buildable' },
    ]);
  });

  it('is of a part: what packages need or what needs them, so many steps away', () => {
    const names = (...args: string[]) =>
      JSON.parse(graph('--format', 'json', ...args).stdout).packages.map(
        ({ name }: { name: string }) => name,
      );
    expect(names('--of', 'cat/mid')).toEqual(['mid-1', 'low-1']);
    expect(names('--to', 'low')).toEqual(['top-1', 'mid-1', 'low-1']);
    expect(names('--to', 'low-1', '--depth', '1')).toEqual(['mid-1', 'low-1']);
    expect(names('--of', 'mid', 'lone', '--depth', '0')).toEqual(['mid-1', 'lone-1']);
  });

  it('of a package that is not there is an error that names what is near', () => {
    const { status, stdout, stderr } = graph('--of', 'midd');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe('bulkmesh: The scan has no package "midd".\n  Is it one of these? mid\n');
    expect(graph('--of', 'mid', '--to', 'low').status).toBe(2);
    expect(graph('--depth', '-1').status).toBe(2);
  });
});
