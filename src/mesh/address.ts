import { isIP, isIPv6 } from 'node:net';
import { BulkmeshError } from '../errors.ts';

/** Where an agent listens when nobody says otherwise. */
export const defaultPort = 28_550;

/** A place that can be called: a name or an IP address without brackets, and a port from 1 to 65535. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const nameMax = 253;
const name =
  /^(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$/;

/**
 * Reads `HOST[:PORT]`, where an IPv6 address with a port stands in brackets.
 * @throws {BulkmeshError} MESH_ADDRESS_BAD
 */
export const parseAddress = (text: string, portElse = defaultPort): Address => {
  const address = readAddress(text, portElse);
  if (address !== undefined) return address;
  throw new BulkmeshError('MESH_ADDRESS_BAD', `${JSON.stringify(text)} is no address of a host`, {
    hint: `Write HOST, HOST:PORT, or [IPV6]:PORT, as in build2:${defaultPort} or [2001:db8::2]:${defaultPort}.`,
  });
};

/**
 * Reads `IP[:PORT]`, a place to listen at; port 0 is any that is free.
 * @throws {BulkmeshError} MESH_ADDRESS_BAD
 */
export const parseBind = (text: string): Address => {
  const [, ip, zero] = /^(.*?)(:0)?$/s.exec(text) ?? [];
  const address = readAddress(ip ?? '', zero === undefined ? defaultPort : 1);
  if (address !== undefined && isIP(address.host) !== 0)
    return zero === undefined ? address : { ...address, port: 0 };
  throw new BulkmeshError('MESH_ADDRESS_BAD', `${JSON.stringify(text)} is no place to listen at`, {
    hint: `Write IP, IP:PORT, or [IPV6]:PORT, as in 192.0.2.7:${defaultPort} or [::]:${defaultPort}.`,
  });
};

/** The one way to write an address. */
export const formatAddress = ({ host, port }: Address): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

/** An address as another host gives it: written as `formatAddress` does, with nothing that has a meaning here alone. */
export const isSharedAddress = (text: string): boolean => {
  const address = readAddress(text, 0);
  return address !== undefined && !address.host.includes('%') && formatAddress(address) === text;
};

/** An IP address as the system gives it, without what it wraps IPv4 in. */
export const unwrapIp = (ip: string): string => ip.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

const readAddress = (text: string, portElse: number): Address | undefined => {
  if (text.length > nameMax + 8) return undefined;
  if (isIPv6(text)) return build(text, portElse);
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? portElse : Number(digits);
  if (bracketed !== undefined) return isIPv6(bracketed) ? build(bracketed, port) : undefined;
  if (plain === undefined || plain.length > nameMax) return undefined;
  return isIP(plain) === 4 || name.test(plain) ? build(plain, port) : undefined;
};

const build = (host: string, port: number): Address | undefined =>
  port >= 1 && port <= 65_535 ? { host: host.toLowerCase(), port } : undefined;
