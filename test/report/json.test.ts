import { describe, expect, it } from 'vitest';
import { renderJson } from '../../src/report/json.ts';
import { everyStanding, makeInput, makeView } from './fixture.ts';

describe('report.json', () => {
  const text = [...renderJson(makeView(everyStanding()))].join('');

  it('has every field that docs/REPORT.md lists', async () => {
    await expect(text).toMatchFileSnapshot('golden/report-json.txt');
    expect(JSON.parse(text)).toMatchObject({ schema: 'bulkmesh-report', version: 1 });
  });

  it('has one line for each package, so that line tools work on it', () => {
    const lines = text.split('\n').filter((line) => line.startsWith('{"pkgname"'));
    expect(lines).toHaveLength(12);
    expect(JSON.parse(lines[4]?.replace(/,$/, '') ?? '')).toMatchObject({
      pkgname: 'gtk3+-3.24.51',
      standing: 'indirect-failed',
      culprits: ['cairo-1.18.4', 'py312-fuse-1.0'],
    });
  });

  it('names all culprits and all broken packages, however many', () => {
    const failing = Array.from({ length: 80 }, (_, i) => ({
      name: `f${i}-1`,
      run: { failedIn: 'build', reason: 'x' },
    }));
    const input = makeInput([...failing, { name: 'top-1', needs: failing.map((pkg) => pkg.name) }]);
    const report = JSON.parse([...renderJson(makeView(input))].join(''));
    expect(report.packages[80].culprits).toHaveLength(80);
    expect(report.packages[0].broken).toEqual(['top-1']);
  });

  it('is valid for an empty tree', () => {
    expect(JSON.parse([...renderJson(makeView(makeInput([])))].join('')).packages).toEqual([]);
  });
});
