import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';

export interface Refusal {
  readonly why: string;
  readonly hint: string;
}

/** Settings that keep ordinary accounts from user namespaces, or from having rights in them. */
const settings = [
  { name: 'kernel.unprivileged_userns_clone', closed: '0', open: '1' },
  { name: 'user.max_user_namespaces', closed: '0', open: '10000' },
  { name: 'kernel.apparmor_restrict_unprivileged_userns', closed: '1', open: '0' },
] as const;

/** What tools say, and what it means when no setting explains it. */
const sayings: readonly (readonly [RegExp, string])[] = [
  [
    /overlay/i,
    'overlays in user namespaces need Linux 5.11, and a state directory on a local disk that is no overlay itself',
  ],
  [
    /proc/i,
    'a container that hides parts of /proc lets nobody mount a new one: build on the host, or as root in a container with --privileged',
  ],
];

const asRoot = 'or start the agent as root';

/**
 * Names the reason why an ordinary account cannot have sandboxes: the setting of this host that forbids it, else what
 * the tools `said`. `sysctls` is where the settings are read.
 */
export function explainRefusal(said: string, sysctls = '/proc/sys'): Refusal {
  const setting = settings.find(({ name, closed }) => readSetting(sysctls, name) === closed);
  if (setting !== undefined) {
    return {
      why: `${setting.name} is ${setting.closed}`,
      hint: `sysctl -w ${setting.name}=${setting.open}, ${asRoot}`,
    };
  }
  const meaning = sayings.find(([pattern]) => pattern.test(said))?.[1];
  const why = `${said || 'no word why'} (Linux ${release()})`;
  return { why, hint: meaning === undefined ? 'start the agent as root' : `${meaning}; ${asRoot}` };
}

function readSetting(sysctls: string, name: string): string | undefined {
  try {
    return readFileSync(join(sysctls, ...name.split('.')), 'utf8').trim();
  } catch {
    return undefined;
  }
}
