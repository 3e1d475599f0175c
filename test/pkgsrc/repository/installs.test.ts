import { linkSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import type { PkgName } from '../../../src/pkgsrc/package.ts';
import { findChanged, lookAtInstall } from '../../../src/pkgsrc/repository/installs.ts';
import { packageFile } from '../../../src/pkgsrc/repository/place.ts';
import { loadRepository } from '../../../src/pkgsrc/repository/repository.ts';
import { type Ground, layGround } from './support.ts';

let ground: Ground;
beforeEach(async () => {
  ground = layGround();
  ground.putPackage('top-1.0', { depends: ['middle>=1'] });
  ground.putPackage('middle-1.0', { depends: ['{base,other}-[0-9]*'], buildDepends: ['tool-1.0'] });
  ground.putPackage('base-1.0');
  await loadRepository(ground.place);
});
afterEach(() => ground.remove());

const needs: Readonly<Record<string, readonly string[]>> = {
  'top-1.0': ['middle-1.0'],
  'middle-1.0': ['base-1.0', 'tool-1.0'],
};
const needsOf = (name: PkgName): readonly PkgName[] => (needs[name] ?? []).map(checkPkgName);
const looks = () => new Map(lookAtInstall(ground.place, [checkPkgName('top-1.0')], needsOf));
const missing = (): PkgName | undefined => [...looks()].find(([, look]) => look === undefined)?.[0];

describe('what an installation needs', () => {
  it('is there when all that the packages need at run time is, whatever they needed to be built', () => {
    expect(missing()).toBeUndefined();
  });

  it.each(['top-1.0', 'middle-1.0', 'base-1.0'])('is not when %s is gone, however far down it is', (name) => {
    ground.dropPackage(name);
    expect(missing()).toBe(name);
  });

  it('has changed when one of the files was written to, replaced or deleted, and not when it got a second name', () => {
    const before = looks();
    const file = packageFile(ground.place.packagesDir, checkPkgName('base-1.0'), ground.place.pkgSuffix);
    linkSync(file, `${file}.link`);
    expect(findChanged(ground.place, before)).toBeUndefined();
    utimesSync(file, 1, 1);
    expect(findChanged(ground.place, before)).toBe('base-1.0');
    ground.dropPackage('base-1.0');
    expect(findChanged(ground.place, before)).toBe('base-1.0');
  });
});
