import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { buildId } from '../../src/core/ids.ts';
import { openStore } from '../../src/store/open.ts';
import { openReader } from '../../src/store/reader.ts';
import { migrate, migrations } from '../../src/store/schema.ts';
import { useScratch } from './scratch.ts';

const codeOf = (body: () => unknown): unknown => {
  try {
    body();
    return undefined;
  } catch (error) {
    return Object(error).code;
  }
};
const newBuild = (id: string, startedAtMs: number) => ({
  id: buildId(id),
  startedAtMs,
  pkgpaths: [],
  configDigest: 'd',
});
const figures = {
  built: 3,
  kept: 2,
  failed: 1,
  blocked: 0,
  masked: 0,
  open: 0,
  makespanMs: 10,
  busyMs: 20,
};

describe('openReader', () => {
  const scratch = useScratch();

  it('reads builds, outcomes and history beside the agent that writes them', () => {
    const dir = scratch();
    const store = openStore(dir);
    store.createBuild(newBuild('b1', 1));
    const reader = openReader(dir);
    expect(reader.listBuilds()).toMatchObject([{ id: 'b1', ending: undefined, figures: undefined }]);
    const outcome = { pkgpath: 'lang/perl5', pkgbase: 'perl', pkgname: 'perl-5', stage: 'build' };
    store.saveOutcomes(buildId('b1'), [{ ...outcome, status: 'failed', reason: 'make exited with 1' }]);
    store.setRevision(buildId('b1'), 'git 0123 (trunk)');
    store.endBuild(buildId('b1'), 'complete', 5, figures);
    expect(reader.listBuilds()).toMatchObject([
      { id: 'b1', ending: 'complete', figures, revision: 'git 0123 (trunk)' },
    ]);
    expect(reader.outcomesOf(buildId('b1'))).toEqual([
      { ...outcome, status: 'failed', reason: 'make exited with 1' },
    ]);
    reader.close();
    store.close();
    const later = openReader(dir);
    expect(later.findBuild(buildId('b1'))?.endedAtMs).toBe(5);
    later.close();
  });

  it('says what is there in place of a store of this format', () => {
    expect(codeOf(() => openReader(scratch()))).toBe('STORE_ABSENT');
    const old = scratch();
    const sql = new DatabaseSync(join(old, 'bulkmesh.db'));
    migrate(sql, 'x', migrations.slice(0, 1));
    sql.close();
    expect(codeOf(() => openReader(old))).toBe('STORE_TOO_OLD');
    const newer = scratch();
    openStore(newer).close();
    const later = new DatabaseSync(join(newer, 'bulkmesh.db'));
    later.exec('PRAGMA user_version = 99');
    later.close();
    expect(codeOf(() => openReader(newer))).toBe('STORE_TOO_NEW');
    const foreign = scratch();
    const other = new DatabaseSync(join(foreign, 'bulkmesh.db'));
    other.exec('CREATE TABLE notes (a TEXT)');
    other.close();
    expect(codeOf(() => openReader(foreign))).toBe('STORE_FOREIGN');
    const garbage = scratch();
    mkdirSync(garbage, { recursive: true });
    writeFileSync(join(garbage, 'bulkmesh.db'), 'x'.repeat(5000));
    expect(codeOf(() => openReader(garbage))).toBe('STORE_DAMAGED');
  });
});
