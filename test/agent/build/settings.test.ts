import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../../agent/build/settings.ts';
import { record } from '../../pkgsrc/build/fixture.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bulkmesh-settings-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** The names of settings for a package that says that make read these files. */
function listNames(words: readonly string[]): readonly string[] {
  const shares = [{ source: `${dir}/shown`, target: `${dir}/shown`, access: 'rw' }];
  const settingsOf = readSettings(
    { pkgsrc: { inherit: [], variables: {} }, sandbox: { systemDirs: [] } } as never,
    {
      spec: { kitDir: undefined, opaqueDirs: [], shares },
      make: { make: '/usr/bin/bmake', pkgsrc: '/tree', workDir: '/work' },
      policy: { isDropped: true },
    } as never,
    { platform: { opsys: 'NetBSD' } } as never,
  );
  return Object.keys(settingsOf(record({ text: `PKGNAME=tool-1.0\nSCAN_DEPENDS=${words.join(' ')}\n` })));
}

describe('settings outside the tree', () => {
  it('count the files that make read where sandboxes see them', () => {
    mkdirSync(`${dir}/shown`);
    writeFileSync(`${dir}/shown/mk.conf`, 'A=b\n');
    expect(listNames([`${dir}/shown/mk.conf`])).toContain(`${dir}/shown/mk.conf`);
  });

  it('tell nothing of other files of the host, and wait for no pipe, whatever a package says it read', () => {
    mkdirSync(`${dir}/shown`);
    writeFileSync(`${dir}/secret`, 'a word');
    execFileSync('mkfifo', [`${dir}/shown/pipe`]);
    const words = [`${dir}/secret`, `${dir}/shown/../secret`, `${dir}/shown/pipe`];
    expect(listNames(words).filter((name) => name.startsWith('/'))).toEqual([]);
  });
});
