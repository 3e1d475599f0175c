import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BootstrapRequest, makeKit } from '../../../agent/bootstrap/bootstrap.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { takeStateDir } from '../../../src/store/open.ts';
import { noBuilds } from '../../e2e/host.ts';
import { noSandboxes } from '../../sandbox/support/host.ts';

/** Does what pkgsrc's script does, as far as it matters here. */
const script = `#!/bin/sh
echo "ARGS $*"
for word; do case $word in
  --prefix=*) prefix=\${word#*=} ;; --pkgdbdir=*) db=\${word#*=} ;;
  --gzip-binary-kit=*) kit=\${word#*=} ;; --workdir=*) work=\${word#*=} ;; esac; done
db=\${db:-$prefix/var/db/pkg}
echo "===> Bootstrapping bmake"
echo "===> running: make"
mkdir "$work" && mkdir -p "$prefix/etc" "$db/pkg_install-1"
echo "HERE $(ls -A "$prefix" | tr '\\n' ' ')"
case \${FAKE:-} in
  fail) echo "cc: error: no such thing" >&2; exit 3 ;;
  hang) touch "$prefix/hangs"; sleep 3600 ;;
  nokit) exit 0 ;;
  other) prefix=/etc/init.d ;;
esac
echo "FAKE=\${FAKE:-} SH=\${SH:-}" >"$prefix/etc/mk.conf"
touch "$db/pkg_install-1/+CONTENTS"
cd / && tar -czf "$kit" ".$prefix" ".$db" 2>/dev/null
echo "===> done"
`;

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bulkmesh-bootstrap-'));
  mkdirSync(join(dir, 'pkgsrc/bootstrap'), { recursive: true });
  writeFileSync(join(dir, 'pkgsrc/bootstrap/bootstrap'), script);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const kit = (): string => join(dir, 'packages/bootstrap/kit.tar.gz');
const listKits = (): readonly string[] =>
  existsSync(join(dir, 'packages/bootstrap')) ? readdirSync(join(dir, 'packages/bootstrap')) : [];

async function make(wishes: Partial<BootstrapRequest> = {}, toml = noneToml()) {
  return makeKit({
    config: await parseConfig(join(dir, 'bulkmesh.toml'), toml),
    kit: kit(),
    force: false,
    mkFragment: undefined,
    abi: undefined,
    env: {},
    words: [],
    signal: new AbortController().signal,
    onStep: () => undefined,
    onWarning: () => undefined,
    ...wishes,
  });
}

const noneToml = (): string =>
  `[sandbox]\ndriver = "none"\n[pkgsrc]\nprefix = "${dir}/pkg"\n[build]\ncores = 1\n`;
const linuxToml = '[sandbox]\ndriver = "linux"\n';

describe.skipIf(process.platform !== 'linux')('makeKit', () => {
  it('makes the kit, tells the steps, says where the database is, and leaves the prefix empty', async () => {
    const steps: string[] = [];
    const made = await make({
      onStep: (text) => steps.push(text),
      abi: '64',
      words: ['--prefer-pkgsrc', 'yes'],
    });
    expect(made).toMatchObject({
      pkgDbdir: join(dir, 'pkg/pkgdb'),
      logFile: join(dir, 'bulklog/bootstrap.log'),
    });
    expect(steps).toEqual(['Bootstrapping bmake', 'done']);
    expect(listKits()).toEqual(['kit.tar.gz']);
    expect(existsSync(join(dir, 'pkg'))).toBe(false);
    expect(readFileSync(made.logFile, 'utf8')).toMatch(/^ARGS .*--abi=64 .*--prefer-pkgsrc yes$/m);
    expect(readdirSync(join(dir, 'bulkmesh/slots'))).toEqual([]);
  });

  it('does not replace a kit unless it is told to', async () => {
    mkdirSync(join(dir, 'packages/bootstrap'), { recursive: true });
    writeFileSync(kit(), 'old');
    await expect(make()).rejects.toMatchObject({
      code: 'KIT_EXISTS',
      hint: expect.stringContaining('--force'),
    });
    expect(readFileSync(kit(), 'utf8')).toBe('old');
    await expect(make({ force: true, env: { FAKE: 'fail' } })).rejects.toMatchObject({
      code: 'BOOTSTRAP_FAILED',
    });
    expect(readFileSync(kit(), 'utf8')).toBe('old');
    await make({ force: true });
    expect(readFileSync(kit()).subarray(0, 2).toString('hex')).toBe('1f8b');
  });

  it('says why the script failed and where its log is', async () => {
    await expect(make({ env: { FAKE: 'fail' } })).rejects.toMatchObject({
      message: 'bootstrap failed: cc: error: no such thing',
      hint: expect.stringContaining('bulklog/bootstrap.log'),
    });
    expect(listKits()).toEqual([]);
    expect(existsSync(join(dir, 'pkg'))).toBe(false);
  });

  it('takes nothing for a kit that has no mk.conf for the prefix, or is not there', async () => {
    await expect(make({ env: { FAKE: 'nokit' } })).rejects.toMatchObject({ code: 'BOOTSTRAP_NO_KIT' });
    const toml = noneToml().replace('/pkg"', '/pkg2"');
    const link = join(dir, 'pkgsrc/bootstrap/bootstrap');
    writeFileSync(link, script.replace('"$prefix/etc/mk.conf"', '"$prefix/etc/other.conf"'));
    await expect(make({}, toml)).rejects.toMatchObject({ message: expect.stringContaining('etc/mk.conf') });
    expect(listKits()).toEqual([]);
  });

  it('leaves nothing but the log when it is stopped', async () => {
    const stop = new AbortController();
    const onStep = (): void => stop.abort();
    const stopped = make({ env: { FAKE: 'hang' }, signal: stop.signal, onStep });
    await expect(stopped).rejects.toMatchObject({ code: 'BOOTSTRAP_STOPPED' });
    expect([listKits(), existsSync(join(dir, 'pkg'))]).toEqual([[], false]);
    expect(readdirSync(join(dir, 'bulkmesh/slots'))).toEqual([]);
    await make();
  });

  it('sweeps what a killed one left beside the kit', async () => {
    mkdirSync(join(dir, 'packages/bootstrap'), { recursive: true });
    writeFileSync(join(dir, 'packages/bootstrap/.kit.tar.gz.new-1-1'), 'half');
    await make();
    expect(listKits()).toEqual(['kit.tar.gz']);
  });

  it('does not meet an agent that uses the same state directory', async () => {
    const lock = takeStateDir(join(dir, 'bulkmesh'));
    try {
      const code = `
        const { makeKit } = await import(${JSON.stringify(new URL('../../../agent/bootstrap/bootstrap.ts', import.meta.url).href)});
        const { parseConfig } = await import(${JSON.stringify(new URL('../../../src/config/load.ts', import.meta.url).href)});
        const config = await parseConfig(${JSON.stringify(join(dir, 'bulkmesh.toml'))}, ${JSON.stringify(noneToml())});
        const nothing = () => undefined;
        await makeKit({ config, kit: ${JSON.stringify(kit())}, force: false, env: {}, words: [],
          signal: new AbortController().signal, onStep: nothing, onWarning: nothing }).catch((e) => console.log(e.code));`;
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
      expect(said.trim()).toBe('AGENT_IN_THE_WAY');
    } finally {
      lock.release();
    }
  });

  it('says what to do where there is no tree', async () => {
    rmSync(join(dir, 'pkgsrc/bootstrap'), { recursive: true });
    await expect(make()).rejects.toMatchObject({
      code: 'TREE_NO_BOOTSTRAP',
      hint: expect.stringContaining('bulkmesh tree'),
    });
  });

  const skipped = noSandboxes === undefined ? '' : ` [skipped: ${noSandboxes}]`;
  it.skipIf(noSandboxes !== undefined)(
    `neither sees nor touches the prefix of the host${skipped}`,
    async () => {
      const before = existsSync('/usr/pkg') ? readdirSync('/usr/pkg') : undefined;
      const made = await make({}, linuxToml);
      expect(made.pkgDbdir).toBe('/usr/pkg/var/db/pkg');
      expect(readFileSync(made.logFile, 'utf8')).toContain('HERE etc var');
      const members = execFileSync('tar', ['-tzf', kit()], { encoding: 'utf8' });
      expect(members).toContain('./usr/pkg/etc/mk.conf');
      expect(existsSync('/usr/pkg') ? readdirSync('/usr/pkg') : undefined).toEqual(before);
    },
  );

  it.skipIf(noSandboxes !== undefined)(
    `names another shell where sh would be refused${skipped}`,
    async () => {
      await make({}, linuxToml);
      const mkConf = execFileSync('tar', ['-xzOf', kit(), './usr/pkg/etc/mk.conf'], { encoding: 'utf8' });
      const isUnfit = execFileSync('/bin/sh', ['-c', 'echo "\\\\100"'], { encoding: 'utf8' }).trim() === '@';
      expect(mkConf.trim()).toBe(isUnfit && existsSync('/bin/bash') ? 'FAKE= SH=/bin/bash' : 'FAKE= SH=');
      await make({ force: true, env: { SH: '/bin/true' } }, linuxToml);
      expect(execFileSync('tar', ['-xzOf', kit(), './usr/pkg/etc/mk.conf'], { encoding: 'utf8' })).toContain(
        'SH=/bin/true',
      );
    },
  );

  const unbuilt = noBuilds === undefined ? '' : ` [skipped: ${noBuilds}]`;
  it.skipIf(noBuilds !== undefined)(`makes the kit of the example tree${unbuilt}`, async () => {
    rmSync(join(dir, 'pkgsrc'), { recursive: true });
    const example = new URL('../../../examples/tree', import.meta.url).pathname;
    cpSync(example, join(dir, 'pkgsrc'), { recursive: true });
    expect((await make({ abi: '64' }, linuxToml)).pkgDbdir).toBe('/usr/pkg/pkgdb');
    const members = execFileSync('tar', ['-tzf', kit()], { encoding: 'utf8' });
    expect(members).toContain('usr/pkg/sbin/pkg_add\n');
  });
});
