import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureKitLayer, sweepKitLayers } from '../../src/sandbox/kit.ts';
import { runTool } from '../../src/sandbox/process.ts';
import { makeTempDir, removeTempDir } from './support/host.ts';

describe('a bootstrap kit', () => {
  let dir: string;
  let stateDir: string;
  beforeEach(() => {
    dir = makeTempDir();
    stateDir = join(dir, 'state');
    mkdirSync(join(dir, 'src/usr/pkg/bin'), { recursive: true });
    writeFileSync(join(dir, 'src/usr/pkg/bin/tool'), 'works');
    chmodSync(join(dir, 'src/usr/pkg/bin/tool'), 0o4711);
  });
  afterEach(() => removeTempDir(dir));

  const refusal = async (tarball: string, code: string) => {
    await expect(ensureKitLayer(stateDir, tarball)).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(/./),
    });
    expect(existsSync(join(stateDir, 'layers')) ? readdirSync(join(stateDir, 'layers')) : []).toEqual([]);
  };

  it.each(['.tar', '.tar.gz', '.tar.bz2', '.tar.xz'])(
    'packed as %s is unpacked once, with its modes',
    async (suffix) => {
      const tarball = join(dir, `kit${suffix}`);
      const packed = await runTool(['tar', '-C', join(dir, 'src'), '-caf', tarball, 'usr']);
      expect(packed.stderr).toBe('');
      const [one, two] = await Promise.all([
        ensureKitLayer(stateDir, tarball),
        ensureKitLayer(stateDir, tarball),
      ]);
      expect(one).toEqual(two);
      expect(readFileSync(join(one.dir, 'usr/pkg/bin/tool'), 'utf8')).toBe('works');
      expect(statSync(join(one.dir, 'usr/pkg/bin/tool')).mode & 0o7777).toBe(0o4711);
      writeFileSync(join(one.dir, 'kept'), '');
      await ensureKitLayer(stateDir, tarball);
      expect(readdirSync(join(stateDir, 'layers'))).toEqual([one.digest]);
      expect(existsSync(join(one.dir, 'kept'))).toBe(true);
    },
  );

  it('that was not used for long goes at once or not at all: half of it is never taken for a kit', async () => {
    const kits = ['a', 'b', 'c'].map((digit) => join(stateDir, 'layers', digit.repeat(64)));
    for (const [age, kit] of kits.entries()) {
      mkdirSync(join(kit, 'usr/pkg'), { recursive: true });
      utimesSync(kit, 1000 - age, 1000 - age);
    }
    const sweeping = sweepKitLayers(stateDir);
    // What an agent would leave that was killed now.
    expect(kits.map((kit) => existsSync(kit))).toEqual([true, true, false]);
    expect(await sweeping).toBe(1);
    expect(readdirSync(join(stateDir, 'layers'))).toHaveLength(2);
  });

  it('that is no tarball is refused and leaves nothing', async () => {
    writeFileSync(join(dir, 'text'), 'this is no tarball, but long enough to look at\n'.repeat(50));
    await refusal(join(dir, 'text'), 'KIT_NOT_A_TARBALL');
    writeFileSync(join(dir, 'nothing'), '');
    await refusal(join(dir, 'nothing'), 'KIT_NOT_A_TARBALL');
    await refusal(dir, 'KIT_NOT_A_TARBALL');
    await refusal(join(dir, 'nonesuch'), 'KIT_MISSING');
  });

  it('cut short is refused and leaves nothing', async () => {
    writeFileSync(join(dir, 'src/big'), 'x'.repeat(3_000_000));
    await runTool(['tar', '-C', join(dir, 'src'), '-cf', join(dir, 'kit.tar'), '.']);
    writeFileSync(join(dir, 'cut.tar'), readFileSync(join(dir, 'kit.tar')).subarray(0, 1_000_000));
    await refusal(join(dir, 'cut.tar'), 'KIT_NOT_A_TARBALL');
  });

  it('with a member that points outside is refused and leaves nothing', async () => {
    const src = join(dir, 'src');
    await runTool(['tar', '-C', src, '-cf', join(dir, 'up.tar'), '--transform=s,^usr,../usr,', '-P', 'usr']);
    await refusal(join(dir, 'up.tar'), 'KIT_UNSAFE');
    await runTool(['tar', '-C', src, '-cf', join(dir, 'abs.tar'), '-P', join(src, 'usr')]);
    await refusal(join(dir, 'abs.tar'), 'KIT_UNSAFE');
  });
});
