import { compareText } from '../../src/core/ids.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { CallView, LinkView } from '../../src/mesh/transport.ts';
import type { HostEntry } from './meshView.ts';
import type { HostNames } from './names.ts';
import type { PeerViews } from './peers.ts';
import type { DeskPorts } from './ports.ts';

/** This host, those that it has met in this life, and those that it calls in vain; the others by name. */
export const listEntries = (ports: DeskPorts, peers: PeerViews | undefined): readonly HostEntry[] => {
  const { core, line, names } = ports;
  const links = line?.listLinks() ?? [];
  const calls = line?.listCalls() ?? [];
  const met = [...core.membership.peers.values()].map((peer): HostEntry => {
    const { host } = peer.hello.life;
    const link = links.find((one) => one.host === host);
    const call = calls.find((one) => one.host === host);
    const told = peers?.find(host);
    return {
      host,
      name: link?.name ?? names.find(host) ?? told?.view.name ?? host,
      standing: peer.status,
      address: link?.address ?? call?.addresses[0],
      view: told?.view,
      viewAtMs: told?.atMs,
      heardAgoMs: Math.max(0, Math.round(ports.now() - peer.heardAtMs)),
      why: whyNot(link, call) ?? peers?.findTrouble(host),
      differences: link === undefined ? [] : ports.compare(link),
    };
  });
  const known = new Set(met.map(({ host }) => host));
  const called = calls
    .filter(({ host }) => host === undefined || !known.has(host))
    .map((call) => describeCalled(call, names));
  return [describeSelf(ports), ...[...met, ...called].sort((a, b) => compareText(a.name, b.name))];
};

const describeSelf = (ports: DeskPorts): HostEntry => {
  const view = ports.viewSelf();
  return {
    host: view.host,
    name: view.name,
    standing: 'self',
    address: undefined,
    view,
    viewAtMs: view.atMs,
    heardAgoMs: 0,
    why: undefined,
    differences: [],
  };
};

const describeCalled = ({ host, addresses, why }: CallView, names: HostNames): HostEntry => ({
  host,
  name: (host === undefined ? undefined : names.find(host)) ?? host ?? addresses[0] ?? 'unknown',
  standing: 'unreachable',
  address: addresses[0],
  view: undefined,
  viewAtMs: undefined,
  heardAgoMs: undefined,
  why: why === '' ? 'it is being called' : why,
  differences: [],
});

const whyNot = (link: LinkView | undefined, call: CallView | undefined): string | undefined => {
  if (link !== undefined) return undefined;
  return call === undefined || call.why === '' ? 'no connection' : call.why;
};

/**
 * The host that a person means: by its name, its id, or the beginning of an id that no other has. Throws `HOST_UNKNOWN` and
 * `HOST_AMBIGUOUS`, with those there are.
 */
export const findEntry = (entries: readonly HostEntry[], word: string): HostEntry & { host: string } => {
  const known = entries.flatMap((entry) =>
    entry.host === undefined ? [] : [{ ...entry, host: entry.host }],
  );
  const exact = known.filter(({ host, name }) => host === word || name === word);
  const found = exact.length > 0 ? exact : known.filter(({ host }) => word !== '' && host.startsWith(word));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const list = (some: readonly HostEntry[]): string =>
    some.map(({ name, host }) => (name === host ? name : `${name} (${host})`)).join(', ');
  if (only !== undefined) {
    throw new BulkmeshError('HOST_AMBIGUOUS', `"${word}" may mean ${found.length} hosts`, {
      hint: `Name one by its id: ${list(found)}.`,
    });
  }
  throw new BulkmeshError('HOST_UNKNOWN', `there is no host "${word}" in the mesh`, {
    hint: `There are: ${list(known)}.`,
  });
};
