import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkValues, makeConfig } from '../../src/config/values.ts';
import { useContentDir } from './scratch.ts';

describe('values from another program’s configuration', () => {
  const content = useContentDir();

  it('make a configuration, with our defaults for what they do not say', async () => {
    const directory = content();
    const file = join(directory, 'pbulk.conf');
    const values = { 'paths.bulklog': '/b', 'build.slots': 3, 'build.skip_age_check': true };
    expect(await makeConfig({ file, values, origins: {} })).toMatchObject({
      file,
      paths: { bulklog: '/b', pkgsrc: join(directory, 'pkgsrc') },
      build: { slots: 3, skipAgeCheck: true },
    });
  });

  it('are complained about by the names that they have there', async () => {
    const file = join(content(), 'pbulk.conf');
    const values = { 'pkgsrc.build_user': 'root', 'build.slots': 9999, 'pkgsrc.prefix': '/usr' };
    const origins = { 'pkgsrc.build_user': 'unprivileged_user', 'build.slots': 'build_chroots' };
    const { problems } = await checkValues({ file, values, origins });
    expect(problems).toMatchObject([{ path: ['build_chroots'], what: '9999 is out of range' }]);
    const { 'build.slots': _, ...others } = values;
    await expect(makeConfig({ file, values: others, origins })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /^\/\S+\/pbulk\.conf: pkgsrc\.prefix: \/usr belongs[^\n]*\n\S+: unprivileged_user: builds never run as root/,
      ),
    });
  });

  it('may name what is not there yet to a command that makes it', async () => {
    const file = join(content(), 'pbulk.conf');
    const foreign = { file, values: { 'paths.pkgsrc': '/no/such' }, origins: { 'paths.pkgsrc': 'pkgsrc' } };
    await expect(makeConfig(foreign)).rejects.toMatchObject({
      message: expect.stringContaining('pkgsrc: /no/such does not exist'),
    });
    expect((await makeConfig(foreign, ['paths.pkgsrc'])).paths.pkgsrc).toBe('/no/such');
  });
});
