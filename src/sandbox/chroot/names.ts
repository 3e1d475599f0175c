import type { DriverKind } from '../driver.ts';

/** What decides whether names of the network can be resolved inside a chroot. */
export interface NameGround {
  readonly platform: NodeJS.Platform;
  readonly driver: DriverKind;
  /** MASTER_SITE_OVERRIDE as the configuration sets it; undefined: not there. It may still stand in mk.conf. */
  readonly mirror: string | undefined;
  /** The text of /etc/hosts. */
  readonly hosts: string;
}

/** Trouble to come, and the way round it. */
export interface NameTrouble {
  readonly what: string;
  readonly hint: string;
}

const way =
  'set MASTER_SITE_OVERRIDE to one mirror in [pkgsrc.variables], and give its address in /etc/hosts; or fetch everything ' +
  'beforehand, outside: make fetch in each package';

/**
 * On macOS programs ask a service of the system for addresses, by a socket that no chroot can reach, wherever it is shown:
 * inside, only what /etc/hosts says is known. Undefined where names are no trouble, or it has been seen to.
 */
export function findNameTrouble({ platform, driver, mirror, hosts }: NameGround): NameTrouble | undefined {
  if (platform !== 'darwin' || (driver !== 'mounts' && driver !== 'script')) return undefined;
  const common = 'names are not resolved in a chroot of macOS, so nothing can be fetched there';
  if (mirror === undefined) return { what: `${common}; no mirror is set`, hint: way };
  const name = hostOf(mirror);
  if (name === undefined) return { what: `${common}; ${mirror} is no URL of a mirror`, hint: way };
  if (/^[\d.]+$|:/.test(name) || isKnown(name, hosts)) return undefined;
  return {
    what: `${common}; /etc/hosts does not know ${name}`,
    hint: `add a line to /etc/hosts: ADDRESS ${name}`,
  };
}

function hostOf(url: string): string | undefined {
  return /^[a-z]+:\/\/(?:[^/@]*@)?(\[[0-9A-Fa-f:.]+\]|[^/:\s]+)/.exec(url.trim())?.[1];
}

/** A line of hosts(5): an address, then names; a # begins a comment. */
function isKnown(name: string, hosts: string): boolean {
  return hosts.split('\n').some((line) => {
    const [, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return names.some((one) => one.toLowerCase() === name.toLowerCase());
  });
}
