import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { configDigest } from '../../src/config/digest.ts';
import { parseConfig } from '../../src/config/load.ts';
import { useContentDir } from './scratch.ts';

describe('configDigest', () => {
  const content = useContentDir();
  const load = (directory: string, text: string): Promise<Config> => parseConfig(`${directory}/x.toml`, text);

  it('changes with what can change a package', async () => {
    const directory = content();
    const texts = [
      '',
      '[paths]\npackages = "other"',
      '[pkgsrc]\nprefix = "/opt/pkg"',
      '[pkgsrc]\nbuild_user = "other"',
      '[pkgsrc]\npkgpaths = ["a/b"]',
      '[pkgsrc.variables]\nA = "1"',
      '[pkgsrc.variables]\nA = "2"',
      '[pkgsrc]\ninherit = ["https_proxy"]',
      '[build]\nskip_age_check = true',
      '[hooks]\nbefore_package = ["/opt/hook"]',
      '[sandbox]\ndriver = "none"',
      '[sandbox]\nro_dirs = ["/usr"]',
      '[sandbox]\nsystem_dirs = ["/usr"]',
    ];
    const digests = await Promise.all(texts.map(async (text) => configDigest(await load(directory, text))));
    expect(new Set(digests).size).toBe(texts.length);
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('stays the same when only speed, logs or reports change, or the order of lists', async () => {
    const directory = content();
    const one = '[pkgsrc]\npkgpaths = ["a/b", "c/d"]\nvariables = { X = "1", Y = "2" }\n';
    const two =
      '[paths]\nbulklog = "elsewhere"\n[build]\nslots = 7\ncores = 9\n[sandbox]\ndriver = "linux"\n' +
      'storage = "tmpfs"\n[limits]\ncpu = 7200\n[hooks]\nafter_package = ["/opt/hook"]\n[report]\nsubject_prefix = "x"\n' +
      '[pkgsrc]\npkgpaths = ["c/d", "a/b"]\nvariables = { Y = "2", X = "1" }\n';
    expect(configDigest(await load(directory, two))).toBe(configDigest(await load(directory, one)));
  });
});
