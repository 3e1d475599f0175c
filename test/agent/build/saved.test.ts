import { describe, expect, it } from 'vitest';
import { loadSurvey, saveSurvey } from '../../../agent/build/saved.ts';
import { buildId } from '../../../src/core/ids.ts';
import { checkPkgPath } from '../../../src/pkgsrc/name.ts';
import { openStore } from '../../../src/store/open.ts';
import { makeRecord } from '../../pkgsrc/records.ts';
import { useScratch } from '../../store/scratch.ts';

describe('a kept scan', () => {
  const scratch = useScratch();

  it('comes back in the next life as it was, with its failures', async () => {
    const dir = scratch();
    const build = buildId('b1');
    const records = [makeRecord('a-1', { skip: '"quoted" reason' }), makeRecord('b-1', { depends: 'a>=1' })];
    const failures = [{ pkgpath: checkPkgPath('cat/bad'), reason: 'exit 1', detail: 'two\nlines' }];
    const first = openStore(dir);
    first.createBuild({ id: build, startedAtMs: 1, pkgpaths: [], configDigest: '' });
    expect(await loadSurvey(first, build)).toBeUndefined();
    await saveSurvey(first, build, { records, failures });
    first.close();
    const second = openStore(dir);
    const loaded = await loadSurvey(second, build);
    expect(loaded?.failures).toEqual(failures);
    expect(loaded?.records.map(({ text }) => text)).toEqual(records.map(({ text }) => text));
    expect(loaded?.records.map(({ allDepends }) => allDepends)).toEqual([[], ['a>=1:../../cat/a']]);
    second.close();
  });
});
