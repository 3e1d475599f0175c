import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderEffective } from '../../src/config/effective.ts';
import { listSections } from '../../src/config/keys.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { useContentDir, writeConfig } from './scratch.ts';

describe('the configuration that holds', () => {
  const content = useContentDir();

  it('names every key, and is the same configuration when it is read again', async () => {
    const directory = content();
    writeFileSync(join(directory, 'list'), 'lang/perl5\n');
    writeFileSync(join(directory, 'kit.tgz'), '');
    const texts = [
      '',
      '[pkgsrc]\nlimited_list = "list"\nbootstrap_kit = "kit.tgz"\nmake = "/usr/bin/make"\ninherit = ["A"]\n' +
        '[pkgsrc.variables]\nX = "a\\"b\\\\"\n[build]\nslots = 7\nsave = ["*/config.log"]\n[limits]\ncpu = 0\n' +
        '[limits.packages."lang/rust*"]\nmemory_total = 9\njobs = 2\n[limits.packages."gcc[0-9]*"]\ntimeout_factor = 1.5\n' +
        '[hooks]\nbefore_package = ["/x", "a b", "\\u007f"]\n[summary]\nformats = ["zst"]\n',
    ];
    for (const text of texts) {
      const config = await loadConfig(writeConfig(directory, text));
      const shown = renderEffective(config);
      expect(await parseConfig(config.file, shown)).toEqual(config);
      for (const key of listSections().flatMap((section) => section.keys)) {
        if (key.type !== 'table of texts' && key.type !== 'table of sections')
          expect(shown).toMatch(new RegExp(`^(?:# )?${key.name}(?: =|:)`, 'm'));
      }
    }
  });
});
