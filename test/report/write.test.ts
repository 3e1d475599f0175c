import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReportInput } from '../../src/report/model.ts';
import { writeReport } from '../../src/report/write.ts';
import { everyStanding } from './fixture.ts';

const NAMES = [
  'error',
  'pbuild',
  'presolve',
  'pscan',
  'report',
  'report.dot',
  'report.html',
  'report.json',
  'report.svg',
  'report.txt',
  'report.zst',
  'status',
  'success',
];

describe('writing a report', () => {
  let dir = '';
  let input: ReportInput = everyStanding();
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bulkmesh-report-'));
    input = { ...everyStanding(), logDir: dir };
  });
  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  it('leaves every file and nothing else, and says where they are', async () => {
    const files = await writeReport(input, join(dir, 'new', 'meta'));
    expect((await readdir(files.dir)).sort()).toEqual(NAMES);
    expect(
      Object.values(files)
        .flat()
        .filter((path) => typeof path === 'string')
        .every(isAbsolute),
    ).toBe(true);
    expect(files.reportBz2).toBeUndefined();
    expect(zstdDecompressSync(await readFile(files.reportZst))).toEqual(await readFile(files.report));
    expect(await readFile(files.text, 'utf8')).toContain('Machine readable version: ');
  });

  it('links the logs that are there', async () => {
    await mkdir(join(dir, 'cairo-1.18.4'));
    await writeFile(join(dir, 'cairo-1.18.4', 'configure.log'), 'x');
    const files = await writeReport(input, join(dir, 'meta'));
    expect(await readFile(files.html, 'utf8')).toContain('href="../cairo-1.18.4/configure.log"');
    expect(await readFile(files.html, 'utf8')).not.toContain('checksum.log');
  });

  it('adds report.bz2 by the host’s own program, and points the text at it', async () => {
    const files = await writeReport(input, join(dir, 'meta'), {
      compress: async (file) => writeFile(`${file}.bz2`, `packed ${(await readFile(file)).length}`),
    });
    expect(files.reportBz2).toBe(join(dir, 'meta', 'report.bz2'));
    expect((await readdir(files.dir)).sort()).toEqual([...NAMES, 'report.bz2'].sort());
    expect(await readFile(files.text, 'utf8')).toContain('meta/report.bz2');
  });

  it('is whole without report.bz2 when that program fails, says so, and drops the stale one', async () => {
    await mkdir(join(dir, 'meta'));
    await writeFile(join(dir, 'meta', 'report.bz2'), 'of an earlier build');
    const files = await writeReport(input, join(dir, 'meta'), {
      compress: async (file) => {
        await writeFile(`${file}.bz2`, 'half');
        throw new Error('bzip2: no space');
      },
    });
    expect((await readdir(files.dir)).sort()).toEqual(NAMES);
    expect(files.warnings).toEqual(['report.bz2 was not made: bzip2: no space']);
    expect(await readFile(files.text, 'utf8')).toContain('meta/report.zst');
  });

  it('draws the graph only below the limit, and leaves no picture of an earlier build', async () => {
    const first = await writeReport(input, join(dir, 'meta'));
    expect(await readFile(first.dot, 'utf8')).toContain('"cairo-1.18.4" -> "pango-1.56.3"');
    expect(first.svg).toBe(join(dir, 'meta', 'report.svg'));
    const second = await writeReport({ ...input, graphLimit: 5 }, join(dir, 'meta'));
    expect(second.svg).toBeUndefined();
    expect(await readdir(second.dir)).not.toContain('report.svg');
  });

  it('keeps the earlier report when the new one cannot be written, with nothing half-made', async () => {
    const first = await writeReport(input, join(dir, 'meta'));
    const before = await readFile(first.html, 'utf8');
    const broken: ReportInput = {
      ...input,
      get scanFailures(): never {
        throw new Error('bug');
      },
    };
    await expect(writeReport(broken, join(dir, 'meta'))).rejects.toThrow('bug');
    expect((await readdir(join(dir, 'meta'))).sort()).toEqual(NAMES);
    expect(await readFile(first.html, 'utf8')).toBe(before);
  });

  it('overwrites what a killed writer left, without following a link that lies there', async () => {
    await mkdir(join(dir, 'meta'));
    await writeFile(join(dir, 'victim'), 'precious');
    await symlink(join(dir, 'victim'), join(dir, 'meta', '.report.html.part'));
    await writeFile(join(dir, 'meta', '.report.part'), 'half');
    const files = await writeReport(input, join(dir, 'meta'));
    expect((await readdir(files.dir)).sort()).toEqual(NAMES);
    expect(await readFile(join(dir, 'victim'), 'utf8')).toBe('precious');
  });

  it('ends with one clear message when the place is no directory', async () => {
    await writeFile(join(dir, 'file'), '');
    await expect(writeReport(input, join(dir, 'file', 'meta'))).rejects.toMatchObject({
      name: 'BulkmeshError',
      code: 'REPORT_NOT_WRITTEN',
      message: expect.stringContaining(join(dir, 'file', 'meta')),
    });
  });
});
