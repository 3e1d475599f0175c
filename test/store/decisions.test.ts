import { expect, it } from 'vitest';
import { buildId } from '../../src/core/ids.ts';
import { openStore } from '../../src/store/open.ts';
import { openReader } from '../../src/store/reader.ts';
import { useScratch } from './scratch.ts';

const scratch = useScratch();

it('what a build set out to do is read back, also beside the agent, and goes with its build', () => {
  const dir = scratch();
  const store = openStore(dir);
  for (const id of ['b1', 'b2']) {
    store.createBuild({ id: buildId(id), startedAtMs: 1, pkgpaths: [], configDigest: '' });
  }
  const decisions = {
    records: 'r',
    settings: 's',
    packages: [
      { pkgname: 'a-1', pkgpath: 'cat/a', needs: [], verdict: { kind: 'kept' } },
      { pkgname: 'b-1', pkgpath: 'cat/b', needs: ['a-1'], verdict: { kind: 'build', reasons: [] } },
    ],
  };
  store.saveDecisions(buildId('b1'), { ...decisions, records: 'before' });
  store.saveDecisions(buildId('b1'), decisions);
  const reader = openReader(dir);
  expect(reader.decisionsOf(buildId('b1'))).toEqual(decisions);
  expect(reader.decisionsOf(buildId('b2'))).toBeUndefined();
  store.endBuild(buildId('b1'), 'complete', 2);
  store.forgetBuilds(1);
  expect(reader.decisionsOf(buildId('b1'))).toBeUndefined();
  reader.close();
  store.close();
});
