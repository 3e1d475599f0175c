import { chmodSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Finding } from '../../../agent/doctor/finding.ts';
import { examineMesh } from '../../../agent/doctor/mesh.ts';
import { examineHost } from '../../../agent/doctor.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { useContentDir } from '../../config/scratch.ts';

const content = useContentDir();

const load = (dir: string, toml: string) =>
  parseConfig(join(dir, 'bulkmesh.toml'), `[mesh]\nkey = "key"\n${toml}`);
const byId = (findings: readonly Finding[]): Readonly<Record<string, Finding>> =>
  Object.fromEntries(findings.map((finding) => [finding.id, finding]));
const examine = async (dir: string, toml: string) => byId(await examineMesh(await load(dir, toml)));

it('doctor says why a host could not join others, and asks no tree and no kit of one that only joins', async () => {
  const dir = content();
  expect((await examine(dir, ''))['mesh-key']).toMatchObject({
    state: 'ok',
    detail: 'none: this host builds alone',
  });
  const host = { searchPath: '', uid: 0, platform: 'linux' as const, isWritable: async () => true };
  const config = await load(dir, 'join = ["build1"]\n');
  const helper = byId((await examineHost({ kind: 'loaded', config }, host)).findings);
  expect(helper['mesh-key']).toMatchObject({
    state: 'missing',
    detail: expect.stringContaining('build1:28550'),
  });
  for (const id of ['tree', 'kit', 'bmake']) expect(helper[id]?.state).toBe('warning');

  const key = join(dir, 'key');
  writeFileSync(key, 'ab'.repeat(32));
  chmodSync(key, 0o644);
  expect((await examine(dir, ''))['mesh-key']).toMatchObject({
    ...{ state: 'missing', fix: expect.stringContaining('mode 600') },
    detail: expect.stringContaining('its mode is 644'),
  });

  chmodSync(key, 0o600);
  utimesSync(key, new Date(), new Date(Date.now() + 86_400_000));
  const taker = createServer();
  await new Promise<void>((resolve) => taker.listen({ host: '127.0.0.1', port: 0 }, resolve));
  try {
    const { port } = Object(taker.address());
    const bad = await examine(dir, `listen = ["127.0.0.1:${port}"]\n`);
    expect(bad['mesh-key']?.state).toBe('ok');
    expect(bad['mesh-listen']).toMatchObject({
      ...{ state: 'missing', detail: `127.0.0.1:${port} is taken by another program` },
    });
    expect(bad.clock?.state).toBe('warning');
  } finally {
    await new Promise((resolve) => taker.close(resolve));
  }
  const foreign = await examine(dir, 'listen = ["192.0.2.1:0"]\n');
  expect(foreign['mesh-listen']?.fix).toContain('127.0.0.1');
  expect((await examine(dir, 'listen = ["127.0.0.1:0"]\n'))['mesh-listen']).toBeUndefined();
});
