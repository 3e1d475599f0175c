import { describe, expect, it } from 'vitest';
import { defaultPort, formatAddress, isSharedAddress, parseAddress } from '../../src/mesh/address.ts';

describe('an address', () => {
  it.each([
    ['build2', 'build2', defaultPort],
    ['Build2.Example:7000', 'build2.example', 7_000],
    ['192.0.2.7:1', '192.0.2.7', 1],
    ['2001:db8::7', '2001:db8::7', defaultPort],
    ['[2001:db8::7]:65535', '2001:db8::7', 65_535],
    ['[fe80::1%eth0]:99', 'fe80::1%eth0', 99],
  ])('%s is %s at port %d', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
    expect(parseAddress(formatAddress({ host, port }))).toEqual({ host, port });
  });

  it.each([
    '',
    ':1',
    'a:0',
    'a:65536',
    'a:b',
    'a b',
    '-a',
    'a..b',
    '999.1.1.1:1',
    '[1.2.3.4]:1',
    '[::1',
    'a/b',
    '1:2:3',
  ])('%j is none', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'MESH_ADDRESS_BAD' }));
  });

  it('of another host has a port, one spelling, and no meaning here alone', () => {
    expect(['b:1', '192.0.2.7:80', '[2001:db8::7]:9'].every(isSharedAddress)).toBe(true);
    expect(['b', 'B:1', '[fe80::1%eth0]:9', '2001:db8::7'].some(isSharedAddress)).toBe(false);
  });
});
