import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installDepends } from '../../../src/pkgsrc/build/depends.ts';
import type { DependSet } from '../../../src/pkgsrc/build/dependset.ts';
import { openPackageLogs } from '../../../src/pkgsrc/build/log.ts';
import type { BuildPolicy } from '../../../src/pkgsrc/build/policy.ts';
import { PackageRun } from '../../../src/pkgsrc/build/run.ts';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import type { DependencyLayers } from '../../../src/sandbox/driver.ts';
import { FakeSandbox } from '../fakesandbox.ts';
import { makePlace, type Place, policy, request } from './fixture.ts';

const order = ['a-1', 'b-1', 'c-1', 'd-1'].map(checkPkgName);
const filesOf = () => Promise.resolve(order.map((name) => new Map([[name, `sha256:${name}`]])));

describe('the stage depends in a sandbox with layers', () => {
  let place: Place;
  beforeEach(async () => {
    place = await makePlace();
  });
  afterEach(() => place.remove());

  /** What is asked of layers and tools, in order. `kept` dependencies are in layers before. */
  const install = async (
    kept: number,
    {
      refusal,
      installed,
      ...changes
    }: Partial<DependSet & BuildPolicy> & { refusal?: string; installed?: string } = {},
  ) => {
    const calls: string[] = [];
    const layers: DependencyLayers = {
      open: async (keys) => {
        calls.push(`open ${keys.length}`);
        return kept;
      },
      record: async () => {
        calls.push('record');
        return true;
      },
      keep: async () => {
        calls.push('keep');
        return refusal;
      },
    };
    let lists = 0;
    const sandbox = new FakeSandbox(({ argv }) => {
      if (argv[0] !== '/bin/ls') calls.push(argv.slice(3).join(' '));
      else lists += 1;
      return { stdout: lists % 2 === 0 ? (installed ?? '') : '' };
    });
    Object.assign(sandbox, { layers });
    const { beforePackage = [], shared = [5, 5, 2, 1], files = filesOf } = changes;
    const built = request(place, {
      sandbox,
      depends: order.toReversed(),
      dependSet: { order, shared, files },
      policy: policy({ beforePackage }),
    });
    const run = new PackageRun(built, await openPackageLogs(place.logDir, built.record.pkgname));
    expect(await installDepends(run)).toEqual({ kind: 'passed' });
    return calls;
  };

  it('installs what others share in layers of its own, killing what runs before each is kept', async () => {
    const add = ['open 4', 'record', 'a-1 b-1', 'keep', 'record', 'c-1', 'keep', 'd-1'];
    expect(await install(0, { installed: 'a-1\nb-1\n' })).toEqual(add);
  });

  it('installs only what is not there yet, and says what is', async () => {
    expect(await install(3)).toEqual(['open 4', 'd-1']);
    expect(await readFile(join(place.logDir, 'tool-1.0/setup.log'), 'utf8')).toContain('3 of 4 from layers');
    expect(await install(4)).toEqual(['open 4']);
    expect(await readFile(join(place.logDir, 'tool-1.0/depends.log'), 'utf8')).toContain('a-1 b-1 c-1 d-1');
  });

  it('goes on without layers when one cannot be kept', async () => {
    expect(await install(0, { refusal: '/etc/passwd was deleted' })).toEqual([
      ...['open 4', 'record', 'a-1 b-1', 'keep', 'c-1 d-1'],
    ]);
    expect(await readFile(join(place.logDir, 'tool-1.0/setup.log'), 'utf8')).toContain('passwd was deleted');
  });

  it('keeps nothing with a package in it that none of the files is', async () => {
    expect(await install(0, { installed: 'a-1\nforeign-2\n' })).toEqual([
      'open 4',
      'record',
      'a-1 b-1',
      'c-1 d-1',
    ]);
  });

  it('has none with a hook before the package, or when a file is missing; the order stays', async () => {
    expect(await install(0, { beforePackage: ['/hook'] })).toEqual(['a-1 b-1 c-1 d-1']);
    expect(await install(0, { files: async () => undefined })).toEqual(['a-1 b-1 c-1 d-1']);
  });
});
