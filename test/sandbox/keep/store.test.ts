import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeptRecord, keptDir, keptSlot, readKept, writeKept } from '../../../src/sandbox/keep/record.ts';
import { chooseGoing, isKeptLower, listKept, pruneKept, sweepKept } from '../../../src/sandbox/keep/store.ts';
import { makeStateDir, removeTempDir } from '../support/host.ts';

const hourMs = 3_600_000;
let state: string;
beforeEach(() => {
  state = makeStateDir();
});
afterEach(() => removeTempDir(join(state, '..')));

const recordOf = (pkg: string, wanted: Partial<KeptRecord> = {}): KeptRecord => ({
  format: 1,
  pkg,
  pkgpath: 'misc/x',
  build: 'b',
  stage: 'build',
  reason: 'r',
  logDir: '/log',
  failedAtMs: Date.now(),
  untilMs: Date.now() + hourMs,
  sizeBytes: 10,
  again: ['bmake'],
  cwd: '/',
  workDir: '/work',
  env: {},
  parts: [{ target: '/usr/pkg', layer: '0', lowers: ['/state/deps/abc/0'] }],
  ...wanted,
});

const put = (pkg: string, wanted: Partial<KeptRecord> = {}): string => {
  const dir = join(keptDir(state), pkg);
  mkdirSync(join(dir, '0'), { recursive: true });
  writeKept(dir, recordOf(pkg, wanted));
  return dir;
};

const names = (): readonly string[] => listKept(state).map(({ record }) => record.pkg);
const sweep = () => sweepKept({ stateDir: state, live: new Set() });

describe('kept sandboxes', () => {
  it('are listed with the newest first; what has no record of its own is not one', () => {
    put('old-1', { failedAtMs: 1 });
    put('new-1', { failedAtMs: 2 });
    mkdirSync(join(keptDir(state), 'bare-1'));
    writeFileSync(join(put('torn-1'), '.bulkmesh-kept'), '{"format":1,');
    writeKept(put('moved-1'), recordOf('other-1'));
    expect(names()).toEqual(['new-1', 'old-1']);
    expect(readKept(join(keptDir(state), 'nowhere'))).toBeUndefined();
  });

  it('go when they are past their time, beyond the count, or beyond the size of all: the oldest first', () => {
    const kept = [
      ['a', 40, 5],
      ['b', 40, 4],
      ['late', 1, 3],
      ['big', 30, 2],
      ['c', 10, 1],
      ['d', 1, 0],
    ].map(([pkg, sizeBytes, at]) => ({
      dir: `/kept/${pkg}`,
      record: recordOf(String(pkg), {
        sizeBytes: Number(sizeBytes),
        failedAtMs: Number(at),
        untilMs: pkg === 'late' ? 100 : 200,
      }),
    }));
    const going = chooseGoing(kept, { count: 3, sizeBytes: 100 }, 150);
    expect(going.map(({ record }) => record.pkg)).toEqual(['late', 'big', 'd']);
  });

  it('are deleted when they are too many, and their files with them', async () => {
    const old = put('old-1', { failedAtMs: 1 });
    put('new-1', { failedAtMs: 2 });
    expect(await pruneKept(state, { count: 1, sizeBytes: 100 })).toEqual(['old-1']);
    expect(names()).toEqual(['new-1']);
    expect(existsSync(old)).toBe(false);
  });

  it('are swept past their time, as is what was never finished, and nothing else', async () => {
    put('stays-1');
    const late = put('late-1', { untilMs: Date.now() - 1 });
    const halfMade = join(keptDir(state), '.new-1-build-1');
    const own = join(keptDir(state), `.new-${process.pid}-build-1`);
    for (const dir of [halfMade, own]) mkdirSync(dir);
    expect((await sweep()).directoriesRemoved).toBe(2);
    expect([late, halfMade, own].map((dir) => existsSync(dir))).toEqual([false, false, true]);
    expect(names()).toEqual(['stays-1']);
    removeTempDir(keptDir(state));
    expect((await sweep()).directoriesRemoved).toBe(0);
  });

  it('keep the layers of dependencies below them', () => {
    put('a-1');
    expect(isKeptLower(state, '/state/deps/abc')).toBe(true);
    expect(isKeptLower(state, '/state/deps/ab')).toBe(false);
  });

  it('of any package have a slot name that is one, and no two the same', () => {
    const slots = [
      'a+b-1.0',
      'a_b-1.0',
      'x'.repeat(200),
      `${'x'.repeat(200)}y`,
      'kde4-l10n-ca@valencia-1',
    ].map(keptSlot);
    expect(new Set(slots).size).toBe(slots.length);
    for (const slot of slots) expect(slot).toMatch(/^kept-[A-Za-z0-9_-]{1,59}$/);
  });
});
