import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { initLayout } from '../../src/config/init.ts';
import { loadConfig } from '../../src/config/load.ts';
import { useContentDir } from './scratch.ts';

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const namesBelow = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true }).map(String).toSorted();

const haveBmake = spawnSync('bmake', ['-V', '.CURDIR'], { stdio: 'ignore' }).status === 0;

describe('initLayout', () => {
  const content = useContentDir();

  it('lays out the directory, and the configuration in it loads', async () => {
    const dir = join(content(), 'deep', 'content');
    const report = await initLayout(dir);
    expect(namesBelow(dir)).toEqual([
      'bulklog',
      'bulkmesh',
      'bulkmesh.toml',
      'bulkmesh/mesh.key',
      'distfiles',
      'mk',
      'mk/mk-generic.conf',
      'mk/mk-pkg.conf',
      'packages',
      'packages/All',
      'packages/bootstrap',
      'pkgsrc',
      'scripts',
    ]);
    expect(report.kept).toEqual([]);
    expect(report.created).toEqual(expect.arrayContaining([dir, report.configFile, report.meshKeyFile]));
    const config = await loadConfig(report.configFile);
    expect(config.paths.packages).toBe(join(dir, 'packages'));
    expect(config.paths.state).toBe(join(dir, 'bulkmesh'));
  });

  it('shows every sandbox the fragments, which mk.conf of the kit includes', async () => {
    const dir = content();
    const { configFile } = await initLayout(dir);
    expect((await loadConfig(configFile)).sandbox.roDirs).toEqual([join(dir, 'mk')]);
  });

  it('makes a new mesh key that only the owner can read', async () => {
    const reports = await Promise.all([initLayout(content()), initLayout(content())]);
    const keys = reports.map((report) => readFileSync(report.meshKeyFile, 'utf8'));
    expect(keys[0]).toMatch(/^[0-9a-f]{64}\n$/);
    expect(keys[0]).not.toBe(keys[1]);
    expect(reports.map((report) => mode(report.meshKeyFile))).toEqual(['600', '600']);
    expect(mode(join(reports[0]?.dir ?? '', 'bulkmesh'))).toBe('700');
  });

  it('keeps every file that is there and says so, also the second time', async () => {
    const dir = content();
    mkdirSync(join(dir, 'mk'));
    writeFileSync(join(dir, 'mk', 'mk-pkg.conf'), '# mine\n');
    writeFileSync(join(dir, 'bulkmesh.toml'), '# mine too\n');
    const first = await initLayout(dir);
    expect(readFileSync(join(dir, 'mk', 'mk-pkg.conf'), 'utf8')).toBe('# mine\n');
    expect(readFileSync(join(dir, 'bulkmesh.toml'), 'utf8')).toBe('# mine too\n');
    const kept = ['', 'mk', 'pkgsrc', 'mk/mk-pkg.conf', 'bulkmesh.toml'].map((name) => join(dir, name));
    expect(first.kept).toEqual(kept);
    const key = readFileSync(first.meshKeyFile, 'utf8');
    const second = await initLayout(dir);
    expect(second.created).toEqual([]);
    expect(readFileSync(first.meshKeyFile, 'utf8')).toBe(key);
  });

  it('writes the values that it is given', async () => {
    const dir = content();
    mkdirSync(join(dir, 'tree'));
    const { configFile } = await initLayout(dir, { values: { 'paths.pkgsrc': 'tree', 'build.slots': 3 } });
    const config = await loadConfig(configFile);
    expect(config.paths.pkgsrc).toBe(join(dir, 'tree'));
    expect(config.build.slots).toBe(3);
  });

  const noBmake = haveBmake ? '' : ' [skipped: no bmake]';
  it.skipIf(!haveBmake)(
    `writes fragments that make reads and the environment may override${noBmake}`,
    async () => {
      const dir = content();
      await initLayout(dir);
      const names = ['PACKAGES', 'DISTDIR', 'WRKOBJDIR', 'MAKE_JOBS', 'SKIP_LICENSE_CHECK'];
      const show = (env: Record<string, string>): readonly string[] =>
        spawnSync('bmake', ['-f', join(dir, 'mk', 'mk-pkg.conf'), ...names.flatMap((name) => ['-V', name])], {
          encoding: 'utf8',
          env: { ...process.env, ...env },
        }).stdout.split('\n');
      const own = [join(dir, 'packages'), join(dir, 'distfiles'), '/var/tmp/pkgbuild', '1', 'yes', ''];
      expect(show({})).toEqual(own);
      const env = { PACKAGES: '/p', DISTDIR: '/d', WRKOBJDIR: '/w', MAKE_JOBS: '6' };
      expect(show(env)).toEqual(['/p', '/d', '/w', '6', 'yes', '']);
    },
  );

  it('fetches with curl where the system has it, and leaves the tree where it is said to be', async () => {
    const dir = content();
    const [yes, no] = [join(dir, 'yes'), join(dir, 'no')];
    await initLayout(yes, { host: { hasCurl: true }, values: { 'paths.pkgsrc': '/usr/pkgsrc' } });
    await initLayout(no, { host: { hasCurl: false } });
    expect(readFileSync(join(yes, 'mk/mk-generic.conf'), 'utf8')).toMatch(/^FETCH_USING=\t+curl$/m);
    expect(readFileSync(join(no, 'mk/mk-generic.conf'), 'utf8')).toMatch(/^#FETCH_USING=/m);
    expect(namesBelow(yes)).not.toContain('pkgsrc');
  });

  it('refuses a directory of the system and names that make cannot take', async () => {
    for (const bad of ['/', '/usr', '/etc/', '/tmp/a b', '/tmp/a$b', '/tmp/a:b', '/tmp/a#b']) {
      await expect(initLayout(bad)).rejects.toMatchObject({ code: 'INIT_BAD_DIRECTORY' });
    }
  });

  it('leaves nothing behind when it cannot go on', async () => {
    const dir = content();
    writeFileSync(join(dir, 'file'), 'x');
    await expect(initLayout(join(dir, 'file'))).rejects.toMatchObject({
      code: 'INIT_FAILED',
      hint: expect.stringContaining('no directory'),
    });
    await expect(initLayout(join(dir, 'file', 'below'))).rejects.toMatchObject({ code: 'INIT_FAILED' });

    const half = join(dir, 'half');
    mkdirSync(half);
    writeFileSync(join(half, 'scripts'), 'a file where a directory is wanted');
    await expect(initLayout(half)).rejects.toMatchObject({ code: 'INIT_FAILED' });
    symlinkSync('/nonexistent', join(dir, 'dangling'));
    await expect(initLayout(join(dir, 'dangling'))).rejects.toMatchObject({ code: 'INIT_FAILED' });
    expect(namesBelow(dir)).toEqual(['dangling', 'file', 'half', 'half/scripts', 'pkgsrc']);
  });

  const isRoot = process.getuid?.() === 0;
  it.skipIf(isRoot)(
    `says so when it may not write there${isRoot ? ' [skipped: root may]' : ''}`,
    async () => {
      const dir = content();
      chmodSync(dir, 0o500);
      const failure = await initLayout(join(dir, 'x')).catch((error: unknown) => error);
      chmodSync(dir, 0o700);
      expect(failure).toMatchObject({ code: 'INIT_FAILED', hint: expect.stringContaining('root') });
    },
  );
});
