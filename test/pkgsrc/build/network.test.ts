import { describe, expect, it } from 'vitest';
import { findRouteFault, saysNetworkFailed } from '../../../src/pkgsrc/build/network.ts';

const head = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n';
const local4 = 'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n';
const default4 = 'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n';
const zeros = '0'.repeat(32);
const reject6 = `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200       lo\n`;
const default6 = `${zeros} 00 ${zeros} 00 fe80${'0'.repeat(28)} 00000400 00000001 00000000 00000003     eth0\n`;

describe('a host without a network', () => {
  it.each([
    ['a default route of IPv4', head + local4 + default4, ''],
    ['a default route of IPv6 alone', head + local4, reject6 + default6],
  ])('is none that has %s', (_, ipv4, ipv6) => {
    expect(findRouteFault(ipv4, ipv6)).toBeUndefined();
  });

  it('is one with local routes only, and with the route that rejects all', () => {
    expect(findRouteFault(head + local4, reject6)).toBe('this host has no default route');
    expect(findRouteFault(head, undefined)).toBe('this host has no default route');
  });

  it('is not assumed where the kernel shows no tables', () => {
    expect(findRouteFault(undefined, undefined)).toBeUndefined();
  });

  it.each([
    'curl: (6) Could not resolve host: ftp.example.org',
    'wget: unable to resolve host address',
    'ftp: connect: Network is unreachable',
    "ftp: Can't lookup `ftp.example.org': Temporary failure in name resolution",
  ])('shows in a fetch by words like %j', (line) => {
    expect(saysNetworkFailed(line)).toBe(true);
  });

  it.each(['fetch: 404 Not Found', 'curl: (22) The requested URL returned error: 404', 'cp: no such file'])(
    'is not to be seen in %j',
    (line) => {
      expect(saysNetworkFailed(line)).toBe(false);
    },
  );
});
