import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareGrounds, measureGrounds } from '../../../agent/mesh/grounds.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { useContentDir } from '../../config/scratch.ts';

describe('what builds stand on', () => {
  const content = useContentDir();

  it('is told by a host with a tree, whose hosts with the same files elsewhere agree with it', async () => {
    const make = async (text: string, kit = 'kit', hasTree = true) => {
      const dir = content();
      if (hasTree) mkdirSync(join(dir, 'pkgsrc', 'mk'));
      if (hasTree) writeFileSync(join(dir, 'pkgsrc', 'mk', 'bsd.pkg.mk'), '');
      mkdirSync(join(dir, 'pkgsrc', 'CVS'));
      writeFileSync(join(dir, 'pkgsrc', 'CVS', 'Root'), 'anoncvs:/cvsroot\n');
      writeFileSync(join(dir, 'kit.tgz'), kit);
      writeFileSync(join(dir, 'make'), 'make');
      const osFile = join(dir, 'os-release');
      writeFileSync(osFile, 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookw\u00f6rm)"\n');
      const toml = `[pkgsrc]\nbootstrap_kit = "kit.tgz"\nmake = "${dir}/make"\n${text}`;
      return measureGrounds(await parseConfig(join(dir, 'bulkmesh.toml'), toml), osFile);
    };
    const mine = await make('');
    expect(mine).toEqual({
      platform: `${process.platform}-${process.arch}`,
      os: expect.stringMatching(/^\w+ \d+\.\d+ \/ Debian 12$/),
      tree: 'CVS trunk',
      kit: expect.stringMatching(/^[0-9a-f]{64}$/),
      make: expect.stringMatching(/^[0-9a-f]{16} \/.*\/make$/),
      config: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(compareGrounds(mine, await make('[build]\nslots = 7\n'), -29_000)).toEqual([]);
    // It only helps: whatever lies in its own directories decides nothing.
    const helper = await make('', 'other', false);
    expect(Object.keys(helper)).toEqual(['platform', 'os']);
    expect(compareGrounds(mine, helper, 0)).toEqual([]);

    const other = await make('[pkgsrc.variables]\nA = "1"\n', 'other');
    const differences = compareGrounds(mine, { ...other, os: 'Linux 6.1 / Debian 13' }, 3_600_000);
    expect(differences.map(({ what }) => what)).toEqual(['os', 'kit', 'config', 'clock']);
    expect(differences[1]).toEqual({
      ...{ what: 'kit', mine: mine.kit?.slice(0, 12), theirs: other.kit?.slice(0, 12) },
      todo: expect.stringContaining('the kit of the host where it was asked for'),
    });
    // A mesh of two platforms is no mistake.
    expect(compareGrounds(mine, { ...other, platform: 'netbsd-x64' }, 0)).toEqual([]);
    expect(differences.at(-1)).toMatchObject({
      theirs: '3600 s ahead',
      todo: expect.stringContaining('NTP'),
    });
  });
});
