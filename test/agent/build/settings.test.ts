import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ground } from '../../../agent/build/ground.ts';
import { readSettings } from '../../../agent/build/settings.ts';
import type { Config } from '../../../src/config/config.ts';
import type { Settings } from '../../../src/pkgsrc/repository/note.ts';
import { policy, record, request } from '../../pkgsrc/build/fixture.ts';
import { emptySpec } from '../../sandbox/support/host.ts';
import { useScratch } from '../../store/scratch.ts';
import { layFakeTree } from '../support/fake-tree.ts';

describe('the settings that packages are built with', () => {
  const scratch = useScratch();
  let dir: string;
  let ground: Ground;
  let config: Config;
  const { tree, environment } = request({ dir: '', logDir: '', packages: '', remove: async () => {} });
  beforeEach(() => {
    dir = scratch();
    const pkgsrc = join(dir, 'pkgsrc');
    mkdirSync(join(dir, 'kit/usr/pkg/etc'), { recursive: true });
    writeFileSync(join(dir, 'kit/usr/pkg/etc/mk.conf'), 'of the kit');
    writeFileSync(join(dir, 'common.mk'), 'X=1\n');
    const spec = { ...emptySpec, kitDir: join(dir, 'kit'), opaqueDirs: ['/usr/pkg'] };
    const make = { ...environment, pkgsrc };
    const fake = layFakeTree();
    config = fake.config;
    ground = {
      ...{ spec, make, user: undefined, policy: policy(), inherited: {} },
      ...{ limits: config.limits, warnings: [] },
    };
    fake.remove();
  });
  const depends = (): string =>
    `SCAN_DEPENDS=../../mk/bsd.pkg.mk /usr/pkg/etc/mk.conf ${dir}/common.mk /usr/pkg/etc/none.mk Makefile\n`;
  const read = (
    changes: Partial<Config['pkgsrc']> = {},
    platform = tree.platform,
    inherited = {},
  ): Settings =>
    readSettings(
      { ...config, pkgsrc: { ...config.pkgsrc, ...changes } },
      { ...ground, inherited },
      { ...tree, platform },
    )(record({ text: depends() }));
  /** Names of what differs. */
  const differ = (one: Settings, other: Settings): string[] =>
    [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name]);

  it('name each file outside the tree that make read; the kit counts as a whole', () => {
    expect(Object.keys(read()).filter((name) => name.startsWith('/'))).toEqual([join(dir, 'common.mk')]);
  });

  it('differ by what changed and nothing else', () => {
    const before = read();
    expect(differ(before, read())).toEqual([]);
    writeFileSync(join(dir, 'common.mk'), 'X=2\n');
    expect(differ(before, read())).toEqual([join(dir, 'common.mk')]);
    const after = read();
    expect(differ(after, read({ variables: { CFLAGS: '-O0' } }))).toEqual(['pkgsrc.variables']);
    expect(differ(after, read({}, { ...tree.platform, compiler: 'gcc-14' }))).toEqual(['platform']);
  });

  it('do not change with the kernel of a Linux host, and do with the release of another system', () => {
    const kernel = (opsys: string, osVersion: string): Settings =>
      read({}, { ...tree.platform, opsys, osVersion });
    expect(differ(kernel('Linux', '6.1.0'), kernel('Linux', '6.2.0'))).toEqual([]);
    expect(differ(kernel('NetBSD', '10.0'), kernel('NetBSD', '10.1'))).toEqual(['platform']);
  });

  it('are others for each variant of a package', () => {
    const settingsOf = readSettings(config, ground, tree);
    const variant = (version: string): Settings =>
      settingsOf(record({ multiVersion: [`PYTHON=${version}`] }));
    expect(differ(variant('311'), variant('312'))).toEqual(['MULTI_VERSION']);
  });

  it('take in the values of inherited variables', () => {
    const inherit = ['LICENSE_KEY'];
    const before = read({ inherit }, tree.platform, { LICENSE_KEY: 'one' });
    const after = read({ inherit }, tree.platform, { LICENSE_KEY: 'two' });
    expect(differ(before, after)).toEqual(['pkgsrc.inherit']);
  });
});
