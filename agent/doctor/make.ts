import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { runTool } from '../../src/sandbox/process.ts';
import type { Finding } from './finding.ts';
import { findProgram, isExecutable } from './packages.ts';

/** What the search for make needs to know of the host. */
export interface MakeHost {
  readonly searchPath: string;
  readonly platform: NodeJS.Platform;
}

/**
 * Looks for the make that builds would use: the one configured, else the kit's, else one of this host. Below the
 * prefix only the kit counts, for builds see nothing else there.
 */
export async function examineMake(config: Config | undefined, host: MakeHost): Promise<Finding> {
  const named = config?.pkgsrc.make;
  if (config !== undefined && named !== undefined) return examineNamed(config, named);
  const ofKit = config === undefined ? 'no kit' : await lookInKit(config, inPrefix(config));
  if (config !== undefined && ofKit === 'there') return well(`${inPrefix(config)} of the bootstrap kit`);
  // NetBSD's own make is bmake.
  const names = host.platform === 'netbsd' ? ['make', 'bmake'] : ['bmake'];
  for (const name of names) {
    const path = await findProgram(name, host.searchPath);
    if (path !== undefined && !(config !== undefined && isHidden(config, path))) return well(path);
  }
  const base = { ...title, fix: 'install bmake', program: 'bmake' } as const;
  switch (ofKit) {
    case 'unknown':
      return {
        ...base,
        state: 'warning',
        detail: 'not on this host, and the bootstrap kit cannot be listed: it must bring it',
      };
    case 'absent':
      return { ...base, state: 'missing', detail: 'neither on this host nor in the bootstrap kit' };
    case 'no kit':
    case 'there':
      return { ...base, state: 'missing', detail: 'not on this host' };
  }
}

const title = { id: 'bmake', title: 'bmake' } as const;

async function examineNamed(config: Config, path: string): Promise<Finding> {
  const hidden = isHidden(config, path);
  if (!hidden && (await isExecutable(path))) return well(`${path}, as configured`);
  const fix = 'set pkgsrc.make to a bmake that is there, or leave it out';
  const ofKit = await lookInKit(config, path);
  switch (ofKit) {
    case 'there':
      return well(`${path} of the bootstrap kit, as configured`);
    case 'unknown': {
      const detail = `${path}, as configured, is not on this host, and the bootstrap kit cannot be listed`;
      return { ...title, state: 'warning', detail, fix };
    }
    case 'absent':
    case 'no kit': {
      const place = ofKit === 'absent' ? 'in the bootstrap kit' : 'there: no bootstrap kit is set';
      const detail = hidden
        ? `pkgsrc.make: ${path} is not ${place}, and of this host's own prefix builds see nothing`
        : `pkgsrc.make: no program ${path} on this host${ofKit === 'absent' ? ' or in the bootstrap kit' : ''}`;
      return { ...title, state: 'missing', detail, fix };
    }
  }
}

function well(detail: string): Finding {
  return { ...title, state: 'ok', detail, fix: '' };
}

function inPrefix(config: Config): string {
  return join(config.pkgsrc.prefix, 'bin', 'bmake');
}

/** True for what the host has below directories that builds get from the kit alone. */
function isHidden({ pkgsrc }: Config, path: string): boolean {
  return [pkgsrc.prefix, pkgsrc.pkgDbdir].some((dir) => path.startsWith(`${dir}/`));
}

type KitAnswer = 'no kit' | 'there' | 'absent' | 'unknown';

async function lookInKit({ pkgsrc }: Config, path: string): Promise<KitAnswer> {
  if (pkgsrc.bootstrapKit === undefined) return 'no kit';
  const listed = await runTool(['tar', '-tf', pkgsrc.bootstrapKit]);
  if (!listed.ok) return 'unknown';
  const wanted = path.replace(/^\/+/, '');
  const members = listed.stdout.split('\n').map((member) => member.replace(/^(\.?\/)+/, ''));
  return members.includes(wanted) ? 'there' : 'absent';
}
