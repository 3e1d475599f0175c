import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultPort } from '../../src/mesh/address.ts';
import { closingOf, codeOf } from '../../src/mesh/closing.ts';
import { transportSchemas } from '../../src/mesh/introduction.ts';
import { defaultMeshLimits } from '../../src/mesh/limits.ts';
import { messageSchemas } from '../../src/mesh/messageSchema.ts';

describe('the page about the protocol', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/MESH-PROTOCOL.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| '));

  it('has every kind of message, and no other', () => {
    const named = rows.flatMap((row) => /^\| `([a-z]+)` \|/.exec(row)?.[1] ?? []);
    expect(named.sort()).toEqual([...Object.keys(transportSchemas), ...Object.keys(messageSchemas)].sort());
  });

  it('has every code with which a connection is closed', () => {
    const codes = rows.flatMap((row) => {
      const [, code, name] = /^\| (\d{4}) \| `([a-z]+)` \|/.exec(row) ?? [];
      return code === undefined || name === undefined ? [] : [[Number(code), name] as const];
    });
    expect(codes.map(([code]) => closingOf(code))).toEqual(codes.map(([, name]) => name));
    expect(closingOf(4_001 + codes.length)).toBeUndefined();
    expect(codeOf('superseded')).toBe(4_001);
  });

  it('has the limits as they are', () => {
    const limits: Readonly<Record<string, unknown>> = { ...defaultMeshLimits };
    const told = rows.flatMap((row) => {
      const [, what = '', values = ''] = row.split('|');
      const names = [...what.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '');
      return names.filter((name) => name in limits).map((name, at) => [name, values.split(',')[at]?.trim()]);
    });
    expect(told.length).toBeGreaterThan(15);
    expect(told).toEqual(told.map(([name = '']) => [name, String(limits[name])]));
    expect(page).toContain(`${defaultPort} unless`);
  });
});
