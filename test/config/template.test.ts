import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { fileSchema } from '../../src/config/fileSchema.ts';
import { listSections } from '../../src/config/keys.ts';
import { parseConfig } from '../../src/config/load.ts';
import { renderTemplate } from '../../src/config/template.ts';
import { useContentDir } from './scratch.ts';

describe('the configuration that init writes', () => {
  const content = useContentDir();

  it('says what an empty file says', () => {
    expect(fileSchema.parse(parse(renderTemplate()))).toEqual(fileSchema.parse({}));
  });

  it('names every key, each with a comment before it, in lines that fit a terminal', () => {
    const lines = renderTemplate().split('\n');
    for (const key of listSections().flatMap((section) => section.keys)) {
      const heading = key.type === 'table of texts' ? `[${key.section}.${key.name}]` : `${key.name} = `;
      const index = lines.findIndex((line) => line.replace(/^# /, '').startsWith(heading));
      expect([key.name, index > 0 && lines[index - 1]?.startsWith('# ')]).toEqual([key.name, true]);
    }
    expect(lines.filter((line) => line.length > 80 && !/^\w+ = \[/.test(line))).toEqual([]);
  });

  it('is still good when every example in it is uncommented, but for files that are not there', async () => {
    const text = renderTemplate().replace(/^# (\w+ = )/gm, '$1');
    await expect(parseConfig(`${content()}/x.toml`, text)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^[^\n]*bootstrap_kit[^\n]*not exist[^\n]*\n[^\n]*limited_list[^\n]*not exist[^\n]*$/,
      ),
    });
  });

  it('has the values that the caller gives', () => {
    const values = { 'paths.pkgsrc': '/usr/pkgsrc', 'build.slots': 3, 'pkgsrc.pkgpaths': ['a/"b'] };
    expect(parse(renderTemplate(values))).toMatchObject({
      paths: { pkgsrc: '/usr/pkgsrc' },
      build: { slots: 3 },
      pkgsrc: { pkgpaths: ['a/"b'] },
    });
  });
});
