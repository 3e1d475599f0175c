import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findConfig } from '../../src/config/find.ts';
import { useContentDir, writeConfig } from './scratch.ts';

describe('findConfig', () => {
  const content = useContentDir();

  it('prefers the flag, then the variable, then the current directory, then the usual place', async () => {
    const here = content();
    const usual = ['/gone/bulkmesh.toml', writeConfig(content(), '')];
    for (const name of ['flag.toml', 'env.toml', 'bulkmesh.toml']) writeFileSync(join(here, name), '');
    const env = { BULKMESH_CONFIG: join(here, 'env.toml') };
    expect(await findConfig('flag.toml', env, here, usual)).toBe(join(here, 'flag.toml'));
    expect(await findConfig(undefined, env, here, usual)).toBe(join(here, 'env.toml'));
    expect(await findConfig(undefined, { BULKMESH_CONFIG: '' }, here, usual)).toBe(
      join(here, 'bulkmesh.toml'),
    );
    expect(await findConfig(undefined, {}, content(), usual)).toBe(usual[1]);
  });

  it('never falls back from a file that was named', async () => {
    const here = content();
    writeConfig(here, '');
    await expect(findConfig('gone.toml', {}, here)).rejects.toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: expect.stringContaining(`--config names ${here}/gone.toml`),
    });
    await expect(findConfig(undefined, { BULKMESH_CONFIG: '/gone.toml' }, here)).rejects.toMatchObject({
      message: expect.stringContaining('$BULKMESH_CONFIG names /gone.toml'),
    });
  });

  it('names every place that it tried, and `bulkmesh init`', async () => {
    const here = content();
    await expect(findConfig(undefined, {}, here, ['/gone/a.toml', '/gone/b.toml'])).rejects.toMatchObject({
      message: `no configuration: tried ${here}/bulkmesh.toml, /gone/a.toml, /gone/b.toml`,
      hint: expect.stringContaining('bulkmesh init'),
    });
  });
});
