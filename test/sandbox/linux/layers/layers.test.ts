import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotName } from '../../../../src/core/ids.ts';
import type { DependencyLayers, Sandbox, SandboxSpec } from '../../../../src/sandbox/driver.ts';
import { createLinuxDriver } from '../../../../src/sandbox/linux/driver.ts';
import * as host from '../../support/host.ts';

const layersOf = (sandbox: Sandbox): DependencyLayers => {
  if (sandbox.layers === undefined) throw new Error('the sandbox has no layers');
  return sandbox.layers;
};

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('layers of installed dependencies'), () => {
  let stateDir: string;
  let spec: SandboxSpec;
  beforeEach(() => {
    stateDir = host.makeStateDir();
    const kitDir = join(dirname(stateDir), 'kit');
    mkdirSync(join(kitDir, 'usr/pkg/pkgdb/kit-1'), { recursive: true });
    mkdirSync(join(kitDir, 'var/db/pkg'), { recursive: true });
    writeFileSync(join(kitDir, 'usr/pkg/tool'), 'of the kit');
    spec = { ...host.emptySpec, kitDir, opaqueDirs: ['/usr/pkg', '/opt/none', '/var/db/pkg'] };
  });
  afterEach(() => {
    expect(host.leftovers(stateDir)).toEqual([]);
    host.removeTempDir(dirname(stateDir));
  });

  const makeDriver = (layersBytesMax = 2 ** 30) =>
    createLinuxDriver({ stateDir, storage: 'disk', systemDirs: host.systemDirs, layersBytesMax });
  const keptKeys = () => readdirSync(join(stateDir, 'deps')).filter((name) => /^[0-9a-f]{32}$/.test(name));
  const passing = () => readdirSync(join(stateDir, 'deps')).filter((name) => name.startsWith('.new-'));

  /** Installs by shell texts, each kept under its own text, in a sandbox that is destroyed. */
  const install = async (driver: ReturnType<typeof makeDriver>, texts: readonly string[]) => {
    const sandbox = await driver.prepare(slotName('maker'), spec);
    const layers = layersOf(sandbox);
    const from = await layers.open(texts);
    const refused: (string | undefined)[] = [];
    for (const text of texts.slice(from)) {
      await layers.record();
      await host.shell(sandbox, text);
      await sandbox.killAll();
      refused.push(await layers.keep(text));
    }
    await sandbox.destroy();
    return refused;
  };
  const listScript =
    "cd /usr/pkg && find . /opt/none /var/db/pkg /etc/passwd /etc/made /srv -printf '%p %y %m %U %G %l %s %T@\\n' | sort";

  it('shows in another sandbox what an installation made, stacked, with owners, modes, links and deletions', async () => {
    const driver = makeDriver();
    const texts = [
      'mkdir -p /usr/pkg/lib/a /opt/none/x; echo 1 >/usr/pkg/lib/a/1; ln -s 1 /usr/pkg/lib/a/l; chown 7:8 /usr/pkg/lib/a/1',
      'echo 2 >/usr/pkg/lib/a/2; rm /usr/pkg/lib/a/l; chmod 4711 /usr/pkg/lib/a/2; echo x >/var/db/pkg/x; rm /usr/pkg/tool',
      'rm -r /usr/pkg/lib/a; mkdir /usr/pkg/lib/a; echo 3 >/usr/pkg/lib/a/3; ln /usr/pkg/lib/a/3 /usr/pkg/lib/a/4',
    ];
    expect(await install(driver, texts)).toEqual([undefined, undefined, undefined]);
    expect(keptKeys()).toHaveLength(3);
    const sandbox = await driver.prepare(host.slot, spec);
    expect(await layersOf(sandbox).open([...texts, 'never installed'])).toBe(3);
    expect(await host.shell(sandbox, 'cd /usr/pkg; find . /opt/none /var/db/pkg | sort')).toBe(
      `${[
        '.',
        './lib',
        './lib/a',
        './lib/a/3',
        './lib/a/4',
        './pkgdb',
        './pkgdb/kit-1',
        '/opt/none',
        '/opt/none/x',
      ].join('\n')}\n/var/db/pkg\n/var/db/pkg/x\n`,
    );
    const other = await driver.prepare(slotName('other'), spec);
    expect(await layersOf(other).open(texts.slice(0, 2))).toBe(2);
    expect(await host.shell(other, "cd /usr/pkg/lib/a; find . -type f -printf '%P %m %U:%G\\n' | sort")).toBe(
      '1 644 7:8\n2 4711 0:0\n',
    );
    // What one writes, no other sees, and no layer.
    await host.shell(sandbox, 'echo x >/usr/pkg/lib/a/3; touch /usr/pkg/mine');
    expect(await host.shell(other, 'ls /usr/pkg')).toBe('lib\npkgdb\n');
    await sandbox.destroy();
    await other.destroy();
    expect(passing()).toEqual([]);
  });

  it('makes the same trees as an installation without layers, also outside the prefix', async () => {
    const driver = makeDriver();
    const stamp = 'touch -h -d @1000000000';
    const texts = [
      `echo 'made:x:5000:5000::/:/bin/sh' >>/etc/passwd; ${stamp} /etc/passwd; mkdir -m 750 /etc/made; ${stamp} /etc/made`,
      `echo 1 >/usr/pkg/one; ${stamp} /usr/pkg/one /usr/pkg; mkdir -p /srv/d; ln -s x /srv/d/l; ${stamp} /srv/d/l /srv/d /srv`,
    ];
    const plain = await driver.prepare(slotName('plain'), spec);
    for (const text of texts) await host.shell(plain, text);
    const expected = await host.shell(plain, listScript);
    await plain.destroy();
    await install(driver, texts);
    const sandbox = await driver.prepare(host.slot, spec);
    expect(await layersOf(sandbox).open(texts)).toBe(2);
    const strip = (text: string) => text.replace(/^(\/opt\/none|\/var\/db\/pkg|\.\/pkgdb\S*) .*$/gm, '$1');
    expect(strip(await host.shell(sandbox, listScript))).toBe(strip(expected));
    expect(await host.shell(sandbox, 'tail -1 /etc/passwd')).toBe('made:x:5000:5000::/:/bin/sh\n');
    await sandbox.destroy();
  });

  it.each([
    ['deletes a file of the host', 'rm /etc/passwd', /\/etc\/passwd was deleted, or is no plain file/],
    ['makes a directory of the host anew', 'rm -r /etc/init.d; mkdir /etc/init.d', /init.d was deleted/],
    ['makes a pipe', 'mkfifo /srv/p', /\/srv\/p was deleted, or is no plain file/],
    ['writes much', 'head -c 2000000 /dev/zero >/srv/big', /2000000 bytes were written/],
  ])('keeps nothing of an installation that %s elsewhere, and leaves it installed', async (_, text, why) => {
    const driver = makeDriver();
    const sandbox = await driver.prepare(host.slot, spec);
    expect(await layersOf(sandbox).open(['key'])).toBe(0);
    expect(await layersOf(sandbox).record()).toBe(true);
    await host.shell(sandbox, `mkdir -p /srv; echo 1 >/usr/pkg/one; ${text}`);
    expect(await layersOf(sandbox).keep('key')).toMatch(why);
    expect(await host.shell(sandbox, 'cat /usr/pkg/one')).toBe('1\n');
    expect(keptKeys()).toEqual([]);
    await sandbox.destroy();
    expect(passing()).toEqual([]);
  });

  it('reads and mounts nothing while a process that an installation left runs inside', async () => {
    const driver = makeDriver();
    const sandbox = await driver.prepare(host.slot, spec);
    const daemon = 'setsid sleep 98123 >/dev/null 2>&1 & sleep 0.2';
    const sleeps = () => host.shell(sandbox, 'pidof sleep || echo none');
    expect(await layersOf(sandbox).open(['key'])).toBe(0);
    // Programs of ours run inside between the last kill and this: an installation may have put others in their place.
    await host.shell(sandbox, daemon);
    expect(await layersOf(sandbox).record()).toBe(true);
    expect(await sleeps()).toBe('none\n');
    await host.shell(sandbox, `echo 1 >/usr/pkg/one; ${daemon}`);
    expect(await layersOf(sandbox).keep('key')).toBeUndefined();
    expect(await sleeps()).toBe('none\n');
    await sandbox.destroy();
  });

  it('lets two sandboxes make the same layer at once; the first one counts', async () => {
    const driver = makeDriver();
    const both = await Promise.all(['one', 'two'].map((name) => driver.prepare(slotName(name), spec)));
    for (const sandbox of both) {
      expect(await layersOf(sandbox).open(['key'])).toBe(0);
      await layersOf(sandbox).record();
      await host.shell(sandbox, `echo ${sandbox.slot} >/usr/pkg/who`);
    }
    for (const sandbox of both) expect(await layersOf(sandbox).keep('key')).toBe(undefined);
    for (const sandbox of both) expect(await host.shell(sandbox, 'cat /usr/pkg/who')).toBe('one\n');
    expect(keptKeys()).toHaveLength(1);
    for (const sandbox of both) await sandbox.destroy();
    expect(passing()).toEqual([]);
  });

  it('takes no more disk than it may: those used longest ago go, none that is mounted', async () => {
    const driver = makeDriver(2_500_000);
    const fill = (name: string) => `head -c 1000000 /dev/urandom >/usr/pkg/${name}`;
    await install(driver, [fill('a')]);
    await install(driver, [fill('b')]);
    const reader = await driver.prepare(slotName('reader'), spec);
    expect(await layersOf(reader).open([fill('a')])).toBe(1);
    // `b` has to go for it, though `a` is older.
    expect(await install(driver, [fill('c')])).toEqual([undefined]);
    expect(await host.shell(reader, 'wc -c </usr/pkg/a')).toBe('1000000\n');
    const late = await driver.prepare(slotName('late'), spec);
    expect(await layersOf(late).open([fill('b')])).toBe(0);
    expect(await layersOf(late).open([fill('c')])).toBe(1);
    expect(await install(driver, [fill('d')])).toEqual([expect.stringMatching(/no room/)]);
    await reader.destroy();
    await late.destroy();
  });

  it('keeps layers from life to life, but none of before the last start of the host, and no damaged one', async () => {
    const texts = ['echo 1 >/usr/pkg/1', 'echo 2 >/usr/pkg/2', 'echo 3 >/usr/pkg/3'];
    await install(makeDriver(), texts);
    const usable = async () => {
      const driver = makeDriver();
      expect((await driver.sweep()).left).toEqual([]);
      const sandbox = await driver.prepare(host.slot, spec);
      const count = await layersOf(sandbox).open(texts);
      await sandbox.destroy();
      return count;
    };
    expect(await usable()).toBe(3);
    const dirs = keptKeys().map((key) => join(stateDir, 'deps', key));
    const top = dirs.find((dir) => existsSync(join(dir, '0/3')));
    writeFileSync(join(top ?? '', 'meta.json'), '{"format":1');
    expect(await usable()).toBe(2);
    for (const dir of keptKeys().map((key) => join(stateDir, 'deps', key))) {
      const meta = join(dir, 'meta.json');
      const text = await import('node:fs').then(({ readFileSync }) => readFileSync(meta, 'utf8'));
      writeFileSync(meta, text.replace(/"boot":"[^"]*"/, '"boot":"another"'));
    }
    expect(await usable()).toBe(0);
    expect(keptKeys()).toEqual([]);
  });

  it('uses no layer with changed copies of files of the host that have changed since', async () => {
    const system = join(dirname(stateDir), 'system');
    mkdirSync(system);
    writeFileSync(join(system, 'shells'), 'a\n');
    const driver = createLinuxDriver({
      stateDir,
      storage: 'disk',
      systemDirs: [...host.systemDirs, system],
      layersBytesMax: 2 ** 30,
    });
    const text = `echo b >>${system}/shells`;
    await install(driver, [text]);
    const open = async () => {
      const sandbox = await driver.prepare(host.slot, spec);
      const count = await layersOf(sandbox).open([text]);
      const shells = await host.shell(sandbox, `cat ${system}/shells`);
      await sandbox.destroy();
      return [count, shells];
    };
    expect(await open()).toEqual([1, 'a\nb\n']);
    writeFileSync(join(system, 'shells'), 'changed\n');
    expect(await open()).toEqual([0, 'changed\n']);
  });
});
