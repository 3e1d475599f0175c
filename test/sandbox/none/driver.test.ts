import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotName } from '../../../src/core/ids.ts';
import type { SandboxSpec } from '../../../src/sandbox/driver.ts';
import { createNoneDriver } from '../../../src/sandbox/none/driver.ts';
import {
  emptySpec,
  makeTempDir,
  nobody,
  processesWith,
  removeTempDir,
  run,
  shell,
  slot,
  waitUntil,
} from '../support/host.ts';

describe('driver none', () => {
  let dir: string;
  let prefix: string;
  const prepare = (spec: Partial<SandboxSpec> = {}) =>
    createNoneDriver({ stateDir: join(dir, 'state') }).prepare(slot, {
      ...emptySpec,
      opaqueDirs: [prefix, `${prefix}/db`],
      ...spec,
    });
  beforeEach(() => {
    dir = makeTempDir();
    prefix = join(dir, 'a/prefix');
  });
  afterEach(() => removeTempDir(dir));

  it('refuses a prefix with content that is not ours and touches nothing', async () => {
    mkdirSync(prefix, { recursive: true });
    writeFileSync(join(prefix, 'precious'), '');
    await expect(prepare()).rejects.toMatchObject({
      code: 'SANDBOX_FOREIGN_DIR',
      message: expect.stringContaining(prefix),
    });
    expect(readdirSync(prefix)).toEqual(['precious']);
    rmSync(prefix, { recursive: true });
    mkdirSync(join(dir, 'empty'));
    symlinkSync(join(dir, 'empty'), prefix);
    await expect(prepare()).rejects.toMatchObject({ code: 'SANDBOX_FOREIGN_DIR' });
  });

  it('fills the prefix from the kit, and leaves the host as it was', async () => {
    const kit = join(dir, 'kit');
    mkdirSync(join(kit, prefix, 'bin'), { recursive: true });
    writeFileSync(join(kit, prefix, 'bin/tool'), '#!/bin/sh\necho works\n', { mode: 0o755 });
    const work = join(dir, 'work/obj');
    const sandbox = await prepare({ kitDir: kit, freshDirs: [{ path: work, owner: nobody }] });
    expect(await shell(sandbox, `${prefix}/bin/tool; ls ${prefix}; touch ${work}/x`)).toBe(
      'works\nbin\ndb\n',
    );
    await shell(sandbox, `mkdir ${prefix}/locked; touch ${prefix}/locked/file; chmod 0 ${prefix}/locked`);
    await sandbox.destroy();
    expect(readdirSync(dir)).toEqual(['kit', 'state']);
    expect(readdirSync(join(dir, 'state/slots'))).toEqual([]);
  });

  it('keeps a directory that was there and empty', async () => {
    mkdirSync(prefix, { recursive: true });
    const sandbox = await prepare();
    await sandbox.destroy();
    expect(readdirSync(prefix)).toEqual([]);
  });

  it('takes a prefix again that an earlier life filled, and sweeps it', async () => {
    await prepare();
    writeFileSync(join(prefix, 'left'), '');
    const next = createNoneDriver({ stateDir: join(dir, 'state') });
    expect(await next.sweep()).toMatchObject({ directoriesRemoved: 1, left: [] });
    expect(existsSync(join(dir, 'a'))).toBe(false);
    const sandbox = await prepare();
    expect(readdirSync(prefix)).toEqual(['.bulkmesh-owned', 'db']);
    await sandbox.destroy();
  });

  it('has one slot, and shows directories only where they are', async () => {
    const driver = createNoneDriver({ stateDir: join(dir, 'state') });
    const sandbox = await driver.prepare(slot, emptySpec);
    await expect(driver.prepare(slotName('build-2'), emptySpec)).rejects.toMatchObject({
      code: 'SANDBOX_BUSY',
    });
    await sandbox.destroy();
    const shares = [{ source: '/usr', target: '/elsewhere', access: 'ro' as const }];
    await expect(driver.prepare(slot, { ...emptySpec, shares })).rejects.toMatchObject({
      code: 'SANDBOX_SPEC',
    });
    await (await driver.prepare(slot, emptySpec)).destroy();
  });

  it('ends commands with what they started', async () => {
    const sandbox = await prepare();
    const mark = join(dir, 'mark');
    const abort = new AbortController();
    const doomed = shell(sandbox, `sh -c "exec sleep 98750" & setsid sleep 98751 & echo x >${mark}; wait`, {
      signal: abort.signal,
    });
    await waitUntil(
      () => existsSync(mark) && readFileSync(mark, 'utf8') !== '' && processesWith('98751').length > 0,
    );
    abort.abort();
    expect(await doomed).toContain('aborted');
    const other = run(sandbox, ['sleep', '98752']);
    await waitUntil(() => processesWith('98752').length > 0);
    await sandbox.destroy();
    expect(await other).toMatchObject({ kind: 'exited', code: 137 });
    expect(processesWith('9875')).toEqual([]);
  });
});
