import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildChroot } from '../../../src/sandbox/chroot/build.ts';
import { chrootSystems } from '../../../src/sandbox/chroot/tables.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import { emptySpec, makeTempDir, removeTempDir } from '../support/host.ts';

let dir: string;
beforeEach(() => {
  dir = makeTempDir();
});
afterEach(() => removeTempDir(dir));

describe('the copy of /etc in a chroot', () => {
  it('hides secrets in the copy alone, also where a directory of the host with keys is behind a link', async () => {
    const etc = join(dir, 'etc');
    for (const path of ['etc', 'root', 'elsewhere/private']) mkdirSync(join(dir, path), { recursive: true });
    writeFileSync(join(etc, 'secret'), 'mine', { mode: 0o600 });
    writeFileSync(join(dir, 'elsewhere/private/key'), 'of the host', { mode: 0o600 });
    symlinkSync(join(dir, 'elsewhere'), join(etc, 'ssl'));
    const system = { ...chrootSystems.netbsd, copied: [etc], kernel: [] };
    const plan = { links: new Map(), files: [], trees: [etc], shown: [] };
    const tools = { system, run: (argv: readonly string[]) => runTool(argv), mountsWithin: () => [] };
    await buildChroot({ root: join(dir, 'root'), spec: emptySpec, plan, storage: 'disk' }, tools);
    expect(readFileSync(join(dir, 'elsewhere/private/key'), 'utf8')).toBe('of the host');
    expect(readFileSync(join(dir, 'root', etc, 'secret'), 'utf8')).toBe('');
    expect(lstatSync(join(dir, 'root', etc, 'ssl')).isSymbolicLink()).toBe(true);
  });
});
