import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolverThreadData } from '../../agent/build/resolverThread.ts';
import { bundleProgram } from '../../cli/bundle.ts';
import { artefactThreadData } from '../../src/artefacts/thread/main.ts';
import { tableRecords } from '../../src/pkgsrc/resolvetable.ts';
import { parseFile } from '../pkgsrc/records.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const program = new URL('../../cli/bulkmesh.mjs', import.meta.url).pathname;
const oldNode = findOldNode();
let dir: string;
let bundle: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'bulkmesh-bundle-'));
  bundle = join(dir, 'bulkmesh.mjs');
  await bundleProgram(bundle);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const run = (file: string, ...args: string[]) =>
  spawnSync(file, args, { cwd: dir, encoding: 'utf8', env: { PATH: process.env.PATH } });

describe('the bundle', () => {
  it('is one executable file that runs alone', () => {
    expect(statSync(bundle).mode & 0o777).toBe(0o755);
    expect(run(bundle, '--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('has every part of the program in it: configuration, store, sandboxes', () => {
    expect(run(process.execPath, bundle, 'init', join(dir, 'content'))).toMatchObject({
      status: 0,
      stderr: '',
    });
    const doctor = run(process.execPath, bundle, 'doctor', '--json');
    expect(doctor.stderr).toBe('');
    expect(JSON.parse(doctor.stdout).findings.length).toBeGreaterThan(3);
  });

  it('is what the threads begin with that hash and write files', async () => {
    const worker = new Worker(bundle, { workerData: artefactThreadData });
    const answer = once(worker, 'message');
    const order = { kind: 'hashFile', path: bundle, algorithms: ['sha256'], bytesPerSecond: undefined };
    worker.postMessage({ kind: 'order', id: 1, order });
    const sizeBytes = statSync(bundle).size;
    expect(await answer).toMatchObject([{ kind: 'answer', id: 1, answer: { kind: 'hashed', sizeBytes } }]);
    await worker.terminate();
  });

  it('resolves dependencies alone, and is what the thread begins with in which an agent does so', async () => {
    const record = (name: string, words: string) =>
      `PKGNAME=${name}\nPKG_LOCATION=cat/x\nALL_DEPENDS=${words}\nPKG_SKIP_REASON=\nPKG_FAIL_REASON=\n`;
    const scan = record('a-1', 'b>=1:../../cat/b') + record('b-1', '');
    const resolved = spawnSync(process.execPath, [bundle, 'resolve'], { input: scan, encoding: 'utf8' });
    expect(resolved.status).toBe(0);
    expect(resolved.stdout).toBe(`${scan.replace(/(?=PKGNAME=b)/, 'DEPENDS=b-1\n')}`);

    const worker = new Worker(bundle, { workerData: resolverThreadData, stdout: true, stderr: true });
    const said: string[] = [];
    for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (data) => said.push(String(data)));
    const [answer, exit] = [once(worker, 'message'), once(worker, 'exit')];
    worker.postMessage(tableRecords(parseFile(scan).records));
    expect(await answer).toMatchObject([{ depends: { targets: Uint32Array.of(1) } }]);
    expect(await exit).toEqual([0]);
    expect(said).toEqual([]);
  });

  it.skipIf(oldNode === undefined)('says in one sentence what an old Node lacks (skips without one)', () => {
    const { status, stdout, stderr } = run(oldNode ?? '', bundle, '--version');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^bulkmesh: needs Node 24 or newer, and this is Node .*\n$/);
  });
});

describe('the program in the repository', () => {
  it.skipIf(oldNode === undefined)(
    'starts itself with the project’s Node under an old one (skips without one)',
    () => {
      expect(run(oldNode ?? '', program, '--version')).toMatchObject({
        status: 0,
        stdout: `${version}\n`,
        stderr: '',
      });
      expect(run(oldNode ?? '', program, 'buidl').status).toBe(2);
    },
  );

  it.skipIf(oldNode === undefined)(
    'says what to do where the project has no Node (skips without an old one)',
    () => {
      execFileSync('cp', [program, join(dir, 'alone.mjs')]);
      const { status, stderr } = run(oldNode ?? '', join(dir, 'alone.mjs'), '--version');
      expect(status).toBe(2);
      expect(stderr).toMatch(/^bulkmesh: needs Node 24 or newer.*npm ci.*\n$/);
    },
  );
});

/** A Node of this host that is older than the program's. */
function findOldNode(): string | undefined {
  for (const file of ['/usr/bin/node', '/usr/local/bin/node']) {
    const found = spawnSync(file, ['--version'], { encoding: 'utf8' });
    if (found.status === 0 && Number(/^v(\d+)/.exec(found.stdout)?.[1]) < 24) return file;
  }
  return undefined;
}
