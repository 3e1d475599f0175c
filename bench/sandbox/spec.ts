import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxSpec } from '../../src/sandbox/driver.ts';

/** A sandbox as a build has it (kit, prefix, package database, three shares, work area and home), below `dir`. */
export function makeSpec(dir: string): SandboxSpec {
  const kitDir = join(dir, 'kit');
  mkdirSync(join(kitDir, 'usr/pkg/bin'), { recursive: true });
  mkdirSync(join(kitDir, 'usr/pkg/pkgdb'), { recursive: true });
  writeFileSync(join(kitDir, 'usr/pkg/bin/tool'), '');
  const access = { pkgsrc: 'ro', packages: 'ro', distfiles: 'rw' } as const;
  const shares = Object.entries(access).map(([name, how]) => {
    const source = join(dir, name);
    mkdirSync(source, { recursive: true });
    return { source, target: `/content/${name}`, access: how };
  });
  const owner = { name: 'pbulk', uid: 1500, gid: 1500, home: '/home/pbulk' };
  return {
    kitDir,
    opaqueDirs: ['/usr/pkg', '/usr/pkg/pkgdb'],
    shares,
    freshDirs: ['/work', '/home/pbulk'].map((path) => ({ path, owner })),
    workDir: '/work',
  };
}
