import { lstatSync, readdirSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotName } from '../../../src/core/ids.ts';
import { buildPackage } from '../../../src/pkgsrc/build/build.ts';
import type { Sandbox, SandboxDriver } from '../../../src/sandbox/driver.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import * as host from '../../sandbox/support/host.ts';
import { policy, request } from './fixture.ts';

const NAME = 'sub/tool-1.0.tar.gz';

/** A make for one package with one file; it ends in `configure`. Other targets do what a file beside it says. */
const MAKE = `#!/bin/sh
target=$1
for word; do case $word in VARNAMES=*) names=\${word#VARNAMES=} ;; esac; done
case $target in
  show-vars)
    for name in $names; do
      case $name in
        WRKDIR) echo /work/w ;;
        STAGE_PKGFILE) echo /work/w/tool-1.0.tgz ;;
        DISTDIR) echo "$DISTDIR" ;;
        DISTFILES | _ALLFILES) echo ${NAME} ;;
        DISTINFO_FILE) echo "$PWD/distinfo" ;;
        *) echo ;;
      esac
    done ;;
  fetch | checksum) . "./$target" ;;
  configure) exit 1 ;;
esac
`;

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('DISTDIR of a host'), () => {
  let base: string;
  let distdir: string;
  let tree: string;
  let driver: SandboxDriver;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'bulkmesh-distdir-'));
    [distdir, tree] = [join(base, 'distfiles'), join(base, 'pkgsrc')];
    for (const dir of [distdir, join(tree, 'devel/tool'), join(base, 'state')]) {
      await mkdir(dir, { recursive: true });
    }
    await writeFile(join(tree, 'make'), MAKE);
    await chmod(join(tree, 'make'), 0o755);
    await writeFile(join(tree, 'devel/tool/distinfo'), `Size (${NAME}) = 10 bytes\n`);
    await script('fetch', `mkdir -p "$DISTDIR/sub"; printf 0123456789 >"$DISTDIR/${NAME}"`);
    await script('checksum', `[ "$(cat "$DISTDIR/${NAME}")" = 0123456789 ]`);
    driver = createLinuxDriver({
      stateDir: join(base, 'state'),
      storage: 'disk',
      systemDirs: host.systemDirs,
    });
  });
  afterEach(async () => {
    expect(host.leftovers(join(base, 'state'))).toEqual([]);
    await rm(base, { recursive: true, force: true });
  });

  const script = (target: string, text: string): Promise<void> =>
    writeFile(join(tree, 'devel/tool', target), `${text}\n`);
  const inSandboxes = async (
    count: number,
    work: (sandboxes: readonly Sandbox[]) => Promise<void>,
  ): Promise<void> => {
    const sandboxes: Sandbox[] = [];
    try {
      for (let index = 1; index <= count; index += 1) {
        const shares = [tree, distdir].map(
          (dir) => ({ source: dir, target: dir, access: 'scratch' }) as const,
        );
        const freshDirs = [{ path: '/work', owner: undefined }];
        const spec = { ...host.emptySpec, shares, freshDirs };
        sandboxes.push(await driver.prepare(slotName(`build-${index}`), spec));
      }
      await work(sandboxes);
    } finally {
      for (const sandbox of sandboxes) await sandbox.destroy();
    }
  };
  /** The stage that ended it, and what the operator was told. */
  const build = async (sandbox: Sandbox): Promise<readonly string[]> => {
    const said: string[] = [];
    const place = { dir: base, logDir: join(base, 'logs'), packages: base, remove: async () => undefined };
    const result = await buildPackage(
      request(place, {
        sandbox,
        environment: {
          make: join(tree, 'make'),
          pkgsrc: tree,
          workDir: '/work',
          variables: { DISTDIR: distdir },
          cacheVars: {},
        },
        user: undefined,
        policy: policy({ isDropped: true, layeredDistdir: distdir }),
        onWarning: (line) => said.push(line),
      }),
    );
    const stage = result.kind === 'ended' && result.outcome.kind === 'failed' ? result.outcome.stage : result;
    return [JSON.stringify(stage), ...said];
  };
  const passed = ['"configure"'];

  it('gets the files of a package, and no program that its stages leave there', async () => {
    const leave = `cp /usr/bin/id "$DISTDIR/$target"; chmod 4755 "$DISTDIR/$target"; ln -s /etc "$DISTDIR/etc-$target"`;
    await script('fetch', `${await readFile(join(tree, 'devel/tool/fetch'), 'utf8')}${leave}`);
    await script('checksum', leave);
    await inSandboxes(1, async ([sandbox]) => {
      if (sandbox !== undefined) expect(await build(sandbox)).toEqual(passed);
    });
    expect((await readdir(distdir, { recursive: true })).sort()).toEqual(['sub', NAME]);
    const { mode, uid } = statSync(join(distdir, NAME));
    expect([mode & 0o7777, uid]).toEqual([0o644, process.getuid?.()]);
  });

  it('gets them as plain files, whatever was put in the place of the programs that bring them out', async () => {
    const reader =
      '#!/bin/sh\nchmod 6777 /proc/self/fd/1\nchown 12345 /proc/self/fd/1\n(sleep 1000 &)\nexec cat "$3"\n';
    const swap = `rm /usr/bin/head; printf '%s' '${reader}' >/usr/bin/head; chmod 755 /usr/bin/head`;
    await script('checksum', swap);
    await inSandboxes(1, async ([sandbox]) => {
      if (sandbox !== undefined) expect(await build(sandbox)).toEqual(passed);
    });
    const { mode, uid, size } = statSync(join(distdir, NAME));
    expect([mode & 0o7777, uid, size]).toEqual([0o644, process.getuid?.(), 10]);
    expect(readdirSync(distdir)).toEqual(['sub']);
  });

  it('can get a file while sandboxes are there that looked for it before', async () => {
    await inSandboxes(3, async ([first, second, third]) => {
      if (first === undefined || second === undefined || third === undefined) throw new Error('no sandbox');
      const look = `ls -lR ${distdir}; cat ${join(distdir, NAME)}`;
      expect(await host.shell(second, look)).toContain('No such file');
      expect(await build(first)).toEqual(passed);
      const { ino } = lstatSync(join(distdir, NAME));
      expect(await build(second)).toEqual(passed);
      expect(await build(third)).toEqual(passed);
      expect(lstatSync(join(distdir, NAME)).ino).toBe(ino);
    });
  });

  it('can get it in the place of a part of it that they looked at', async () => {
    await mkdir(join(distdir, 'sub'));
    await writeFile(join(distdir, NAME), '0123');
    await utimes(join(distdir, NAME), 1000, 1000);
    await inSandboxes(2, async ([first, second]) => {
      if (first === undefined || second === undefined) throw new Error('no sandbox');
      expect(await host.shell(second, `cat ${join(distdir, NAME)}`)).toBe('0123');
      expect(await build(first)).toEqual(passed);
      expect(await readFile(join(distdir, NAME), 'utf8')).toBe('0123456789');
      expect(await build(second)).toEqual(passed);
    });
    expect((await readdir(distdir, { recursive: true })).sort()).toEqual(['sub', NAME]);
  });
});
