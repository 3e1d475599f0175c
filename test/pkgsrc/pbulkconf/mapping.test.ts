import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Look, type MappedConf, mapPbulkConf } from '../../../src/pkgsrc/pbulkconf/mapping.ts';
import { readPbulkConf } from '../../../src/pkgsrc/pbulkconf/read.ts';
import { noConfinement } from './support.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const look: Look = (path) => {
  if (path === '/content/packages/bootstrap/bootstrap-2013Q2-pbulk.tar.gz') return 'file';
  return ['/content/mk', '/srv/kit'].includes(path) ? 'directory' : 'nothing';
};

const describeMapped = ({ values, remarks, refusals }: MappedConf): string =>
  [
    ...Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
    '',
    ...remarks.map(({ names, text }) => `${names.join(', ')}: ${text}`),
    ...refusals.map(({ names, text }) => `REFUSED ${names.join(', ')}: ${text}`),
    '',
  ].join('\n');

describe('the configuration that a pbulk.conf makes', () => {
  for (const name of readdirSync(fixtures).filter((file) => file.endsWith('.conf'))) {
    it(`is as written down for ${name}`, async () => {
      const file = join(fixtures, name);
      const conf = await readPbulkConf(file, { isTrusted: noConfinement !== undefined });
      const mapped = describeMapped(mapPbulkConf(conf, `/etc/${name}`, look));
      await expect(mapped).toMatchFileSnapshot(join(fixtures, name.replace('.conf', '.golden')));
    });
  }

  it('never has its state inside bulklog, which pbulk may empty', () => {
    const conf = { variables: new Map([['bulklog', '/b/log']]), ulimits: new Map() };
    expect(mapPbulkConf(conf, '/etc/pbulk.conf', look).values).toMatchObject({
      'paths.bulklog': '/b/log',
      'paths.state': '/b/log.bulkmesh',
    });
  });

  it('refuses to build for another machine', () => {
    const variables = new Map(Object.entries({ cross_compile: 'yes', target_arch: 'vax' }));
    const { refusals } = mapPbulkConf({ variables, ulimits: new Map() }, '/etc/pbulk.conf', look);
    expect(refusals.flatMap(({ names }) => names)).toEqual(['cross_compile', 'target_arch']);
  });
});
