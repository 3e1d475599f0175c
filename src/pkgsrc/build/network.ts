import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** What a fetch prints when it is the network that failed it, whatever program fetches. */
export const saysNetworkFailed = (logTail: string): boolean => networkWords.test(logTail);

const networkWords =
  /resolv|name resolution|can't lookup|unreachable|no route to host|not known|no address associated|cannot assign/i;

/**
 * Why this host cannot fetch anything from anywhere; undefined where it might. Only what is missing altogether
 * counts: a network that is there and slow, or a site that is gone, is no trouble of the host.
 */
export async function findNetworkFault(): Promise<string | undefined> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  if (addresses.every(({ internal }) => internal)) return 'this host has no network address';
  const [ipv4, ipv6] = await Promise.all([readTable('route'), readTable('ipv6_route')]);
  return findRouteFault(ipv4, ipv6);
}

/**
 * The same by the kernel's tables of routes, as Linux shows them in /proc/net; undefined for a table that is not
 * there.
 */
export function findRouteFault(ipv4: string | undefined, ipv6: string | undefined): string | undefined {
  if (ipv4 === undefined && ipv6 === undefined) return undefined;
  const hasDefault4 = linesOf(ipv4).some(([, destination, , flags, , , , mask]) => {
    return destination === '00000000' && mask === '00000000' && isUp(flags);
  });
  const hasDefault6 = linesOf(ipv6).some(([destination = '', length, , , , , , , flags, device]) => {
    return /^0+$/.test(destination) && length === '00' && isUp(flags) && device !== 'lo';
  });
  return hasDefault4 || hasDefault6 ? undefined : 'this host has no default route';
}

const linesOf = (table: string | undefined): readonly (readonly string[])[] =>
  (table ?? '').split('\n').map((line) => line.trim().split(/\s+/));

/** RTF_UP, and not RTF_REJECT: the route that Linux has for IPv6 where there is none. */
function isUp(flags: string | undefined): boolean {
  const bits = Number.parseInt(flags ?? '0', 16);
  return (bits & 0x1) !== 0 && (bits & 0x200) === 0;
}

const readTable = (name: string): Promise<string | undefined> =>
  readFile(`/proc/net/${name}`, 'utf8').catch(() => undefined);
