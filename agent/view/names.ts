import type { HostId } from '../../src/core/ids.ts';
import type { MeshLine } from './ports.ts';

/** What people call hosts, also those that are gone. */
export interface HostNames {
  /** Undefined: it has never been connected with. */
  find(host: HostId): string | undefined;
  /** Its id where it has no name here. */
  nameHost(host: HostId): string;
  close(): void;
}

/** How often the names of those that are connected are noted, milliseconds. */
const noteEveryMs = 5_000;

export const createNames = (
  line: Pick<MeshLine, 'listLinks'> | undefined,
  self: { readonly host: HostId; readonly name: string } | undefined,
): HostNames => {
  const names = new Map<HostId, string>(self === undefined ? [] : [[self.host, self.name]]);
  const note = (): void => {
    for (const { host, name } of line?.listLinks() ?? []) names.set(host, name);
  };
  const timer = line === undefined ? undefined : setInterval(note, noteEveryMs).unref();
  const find = (host: HostId): string | undefined => {
    if (!names.has(host)) note();
    return names.get(host);
  };
  return { find, nameHost: (host) => find(host) ?? host, close: () => clearInterval(timer) };
};
