import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { setKey } from '../../src/config/edit.ts';
import { renderTemplate } from '../../src/config/template.ts';
import { useContentDir } from './scratch.ts';

const kit = { section: 'pkgsrc', key: 'bootstrap_kit', value: 'packages/bootstrap/kit.tar.gz' };

describe('setKey', () => {
  const content = useContentDir();
  let dir = '';
  let file = '';
  beforeEach(() => {
    dir = content();
    file = join(dir, 'bulkmesh.toml');
  });
  const edit = async (text: string) => {
    writeFileSync(file, text);
    const done = await setKey(file, kit);
    return [done.kind, readFileSync(file, 'utf8')];
  };
  const line = 'bootstrap_kit = "packages/bootstrap/kit.tar.gz"';

  it('fills in the line that the template has in a comment, and changes no other', async () => {
    const text = renderTemplate();
    const [kind, after] = await edit(text);
    expect(kind).toBe('set');
    const changed = String(after)
      .split('\n')
      .filter((one, index) => one !== text.split('\n')[index]);
    expect(changed).toEqual([line]);
  });

  it('adds the key to its section, or the section to the file', async () => {
    expect(await edit('# mine\n[pkgsrc] # all of it\nprefix = "/usr/pkg"\n')).toEqual([
      'set',
      `# mine\n[pkgsrc] # all of it\n${line}\nprefix = "/usr/pkg"\n`,
    ]);
    expect(await edit('[build]\nslots = 2')).toEqual(['set', `[build]\nslots = 2\n\n[pkgsrc]\n${line}\n`]);
    expect(await edit('')).toEqual(['set', `[pkgsrc]\n${line}\n`]);
  });

  it('does not take a comment of another section for the place of the key', async () => {
    const text = '[pkgsrc]\nmake = "/x"\n\n[build]\n# bootstrap_kit = "no"\n';
    expect((await edit(text))[1]).toBe(`[pkgsrc]\n${line}\nmake = "/x"\n\n[build]\n# bootstrap_kit = "no"\n`);
  });

  it('leaves a value that is there, and says which', async () => {
    const text = '[pkgsrc]\nbootstrap_kit = "other.tgz"\n';
    writeFileSync(file, text);
    expect(await setKey(file, kit)).toEqual({ kind: 'left', why: 'it is "other.tgz" there' });
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect((await edit(`[pkgsrc]\n${line}\n`))[0]).toBe('same');
  });

  it.each(['pkgsrc = { prefix = "/usr/pkg" }\n', 'x = """\n[pkgsrc]\n"""\n', '[pkgsrc\n'])(
    'leaves a file whose form it would spoil: %j',
    async (text) => {
      expect(await edit(text)).toEqual(['left', text]);
    },
  );

  it('keeps the mode of the file and a link to it, and leaves nothing beside it', async () => {
    const real = join(dir, 'real.toml');
    writeFileSync(real, renderTemplate());
    chmodSync(real, 0o640);
    symlinkSync('real.toml', file);
    const names = readdirSync(dir);
    expect(await setKey(file, kit)).toEqual({ kind: 'set' });
    expect(readFileSync(real, 'utf8')).toContain(`\n${line}\n`);
    expect((statSync(real).mode & 0o777).toString(8)).toBe('640');
    expect(readdirSync(dir)).toEqual(names);
  });

  it('says that the file is not there', async () => {
    expect(await setKey(join(dir, 'absent.toml'), kit)).toMatchObject({ kind: 'left' });
  });
});
