import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import type { PkgName } from '../../../src/pkgsrc/package.ts';
import { findMissing } from '../../../src/pkgsrc/repository/installs.ts';
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
const missing = (): PkgName | undefined => findMissing(ground.place, [checkPkgName('top-1.0')], needsOf);

describe('what an installation needs', () => {
  it('is there when all that the packages need at run time is, whatever they needed to be built', () => {
    expect(missing()).toBeUndefined();
  });

  it.each(['top-1.0', 'middle-1.0', 'base-1.0'])('is not when %s is gone, however far down it is', (name) => {
    ground.dropPackage(name);
    expect(missing()).toBe(name);
  });
});
