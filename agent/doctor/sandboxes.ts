import type { Config } from '../../src/config/config.ts';
import { checkHost, type HostCheck } from '../../src/sandbox/requirements.ts';
import type { Finding } from './finding.ts';
import { isProgramName } from './packages.ts';
import { withStatePlace } from './statePlace.ts';

/** What builds need even where nothing is isolated. */
const alwaysNeeded: ReadonlySet<string> = new Set(['tar', 'gzip', 'cp', 'du', 'sh']);
/** Checks that stand for a program of that name. */
const programs: ReadonlySet<string> = new Set([
  ...alwaysNeeded,
  'unshare',
  'nsenter',
  'setpriv',
  'mount',
  'umount',
  'pivot_root',
  'rm',
  'env',
  'ip',
]);
/** Looked at elsewhere, with the configured directories. */
const lookedAtElsewhere: ReadonlySet<string> = new Set(['free space']);

/**
 * Looks at what the sandbox driver needs of this host. Where the configuration says that builds may run
 * without sandboxes, what only those need is a warning. Programs that are there make one finding together.
 */
export async function examineSandboxes(config: Config | undefined): Promise<readonly Finding[]> {
  const checks = await probeHost(config);
  const looked = checks.filter((check) => !lookedAtElsewhere.has(check.name));
  const present = looked.filter((check) => check.ok && programs.has(check.name)).map((check) => check.name);
  const others = looked.filter((check) => !(check.ok && programs.has(check.name)));
  const together: readonly Finding[] =
    present.length === 0
      ? []
      : [{ id: 'programs', title: 'programs', state: 'ok', detail: present.join(' '), fix: '' }];
  return [...together, ...others.map((check) => judgeCheck(check, config?.sandbox.driver ?? 'auto'))];
}

function judgeCheck(check: HostCheck, driver: Config['sandbox']['driver']): Finding {
  const base = { id: check.name, title: check.name, detail: check.found } as const;
  if (check.ok) return { ...base, state: 'ok', fix: '' };
  const isNeeded = driver === 'linux' || alwaysNeeded.has(check.name);
  const finding = {
    ...base,
    state: isNeeded ? 'missing' : 'warning',
    detail: `${check.found}; needed: ${check.need}`,
    fix: check.hint,
  } as const;
  return isProgramName(check.name) ? { ...finding, program: check.name } : finding;
}

function probeHost(config: Config | undefined): Promise<readonly HostCheck[]> {
  const storage = config?.sandbox.storage === 'tmpfs' ? 'tmpfs' : 'disk';
  return withStatePlace(config, (dir) => checkHost(dir, storage));
}
