import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadAcquaintances, storeAcquaintances } from '../../../agent/mesh/acquaintances.ts';
import { hostId } from '../../../src/core/ids.ts';
import { useScratch } from '../../store/scratch.ts';

describe('hosts that were met', () => {
  const scratch = useScratch();
  const troubles: string[] = [];
  const tell = (text: string): number => troubles.push(text);

  it('are known to the next life of the agent, in this mesh, as far as others could have told of them', async () => {
    const dir = scratch();
    expect(loadAcquaintances(dir, 'm', tell)).toEqual([]);
    const many = Array.from({ length: 20 }, (_, index) => `192.0.2.${index}:28550`);
    const peers = [
      {
        host: hostId('b'),
        addresses: ['192.0.2.2:28550', '[2001:db8::2]:7', 'not an address', '[fe80::1%eth0]:7'],
      },
      { host: hostId('c'), addresses: many },
    ];
    await storeAcquaintances(dir, 'm', peers.slice(1), tell);
    await storeAcquaintances(dir, 'm', peers, tell);
    expect(loadAcquaintances(dir, 'm', tell)).toEqual([
      { host: 'b', addresses: ['192.0.2.2:28550', '[2001:db8::2]:7'] },
      { host: 'c', addresses: many.slice(0, 16) },
    ]);
    expect(readdirSync(dir)).toEqual(['peers.json']);
    expect(loadAcquaintances(dir, 'other', tell)).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it('are forgotten with a word where the file is broken, and an agent goes on where it cannot be written', async () => {
    const dir = scratch();
    const file = join(dir, 'peers.json');
    const evil = { version: 1, mesh: 'm', peers: [{ host: '../x', addresses: [] }] };
    for (const text of ['', '{', JSON.stringify(evil), JSON.stringify({ ...evil, version: 2 })]) {
      writeFileSync(file, text);
      troubles.length = 0;
      expect(loadAcquaintances(dir, 'm', tell)).toEqual([]);
      expect(troubles).toEqual([expect.stringContaining(`${file} cannot be read`)]);
    }
    const before = readFileSync(file, 'utf8');
    await storeAcquaintances(join(dir, 'gone'), 'm', [], tell);
    expect(troubles.at(-1)).toContain('peers.json');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});
