import { describe, expect, it } from 'vitest';
import { compareBuilds } from '../../../agent/history/compareBuilds.ts';
import type { OutcomeStatus, PackageOutcomeRow } from '../../../src/store/outcomes.ts';

const row = (pkgname: string, status: OutcomeStatus, stage = ''): PackageOutcomeRow => {
  const pkgbase = pkgname.slice(0, pkgname.lastIndexOf('-'));
  return { pkgpath: `cat/${pkgbase}`, pkgbase, pkgname, status, stage, reason: '' };
};
const kinds = (before: readonly PackageOutcomeRow[], after: readonly PackageOutcomeRow[]) =>
  compareBuilds(before, after).map(({ kind }) => kind);

describe('compareBuilds', () => {
  it('finds what is newly broken and what is fixed, over version bumps', () => {
    expect(kinds([row('a-1', 'built')], [row('a-2', 'failed', 'build')])).toEqual(['broken']);
    expect(kinds([row('a-1', 'kept')], [row('a-1', 'blocked')])).toEqual(['broken']);
    expect(kinds([row('a-1', 'failed', 'build')], [row('a-2', 'built')])).toEqual(['fixed']);
    expect(kinds([row('a-1', 'masked')], [row('a-1', 'built')])).toEqual(['fixed']);
  });

  it('takes a new package that fails for a new failure', () => {
    expect(kinds([], [row('a-1', 'failed', 'build')])).toEqual(['broken']);
    expect(kinds([], [row('a-1', 'built')])).toEqual(['added']);
    expect(kinds([row('a-1', 'built')], [])).toEqual(['removed']);
  });

  it('says nothing of what is as it was, built now or kept', () => {
    expect(kinds([row('a-1', 'built')], [row('a-1', 'kept')])).toEqual([]);
    expect(kinds([row('a-1', 'failed', 'build')], [row('a-1', 'failed', 'build')])).toEqual([]);
  });

  it('tells another stage and another version', () => {
    expect(kinds([row('a-1', 'failed', 'build')], [row('a-1', 'failed', 'install')])).toEqual(['changed']);
    expect(kinds([row('a-1', 'built')], [row('a-2', 'built')])).toEqual(['changed']);
  });

  it('does not judge what a stopped build never came to', () => {
    expect(kinds([row('a-1', 'built')], [row('a-1', 'open')])).toEqual([]);
    expect(kinds([row('a-1', 'open')], [row('a-1', 'failed', 'build')])).toEqual([]);
  });

  it('keeps two versions of one package apart', () => {
    const before = [row('a-1', 'built'), row('a-2', 'built')];
    expect(kinds(before, [row('a-1', 'built'), row('a-2', 'failed', 'build')])).toEqual(['broken']);
  });
});
