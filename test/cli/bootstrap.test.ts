import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSite, runCli, startCli, type TestSite } from './run.ts';

const script = `#!/bin/sh
for word; do case $word in
  --prefix=*) prefix=\${word#*=} ;; --gzip-binary-kit=*) kit=\${word#*=} ;; esac; done
echo "===> Bootstrapping bmake"
[ -z "$HANG" ] || sleep 3600
mkdir -p "$prefix/etc" "$prefix/db/pkg_install-1"
touch "$prefix/etc/mk.conf" "$prefix/db/pkg_install-1/+CONTENTS"
cd / && tar -czf "$kit" ".$prefix"
`;
let site: TestSite;
beforeEach(async () => {
  site = await makeSite('');
  const user = process.getuid?.() === 0 ? 'nobody' : 'pbulk';
  await writeFile(
    site.config,
    `[pkgsrc]\n# mine\nprefix = "${site.dir}/pkg"\nbuild_user = "${user}"\n[sandbox]\ndriver = "none"\n`,
  );
  await mkdir(join(site.dir, 'pkgsrc/bootstrap'));
  await writeFile(join(site.dir, 'pkgsrc/bootstrap/bootstrap'), script);
  await chmod(site.state, 0o700);
});
afterEach(() => site.remove());

describe.skipIf(process.platform !== 'linux')('bootstrap', () => {
  it('makes the kit and puts it into the configuration, with the database where the kit has it', async () => {
    const { code, stdout, stderr } = await runCli(['bootstrap'], { cwd: site.dir });
    expect([code, stderr]).toEqual([0, expect.stringContaining('Bootstrapping bmake')]);
    expect(stdout).toContain(`made  ${site.dir}/packages/bootstrap/bootstrap.tar.gz`);
    const text = await readFile(site.config, 'utf8');
    expect(text).toContain('bootstrap_kit = "packages/bootstrap/bootstrap.tar.gz"\n');
    expect(text).toContain(`pkg_dbdir = "${site.dir}/pkg/db"\n`);
    expect(text).toContain('# mine\n');
    const again = await runCli(['bootstrap'], { cwd: site.dir });
    expect([again.code, again.stderr]).toEqual([
      2,
      expect.stringContaining('there is a bootstrap kit already'),
    ]);
  });

  it('ends with 130 at Ctrl-C and leaves no kit', async () => {
    const running = startCli(['bootstrap', '--env', 'HANG=1'], { cwd: site.dir });
    await running.waitFor(/Bootstrapping bmake/);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining('no kit was made')]);
    expect(existsSync(join(site.dir, 'packages/bootstrap/bootstrap.tar.gz'))).toBe(false);
    expect(existsSync(join(site.dir, 'pkg'))).toBe(false);
  });

  it('refuses a fragment that is not there, and a variable without a value', async () => {
    const fragment = await runCli(['bootstrap', '--mk-fragment', 'absent'], { cwd: site.dir });
    expect([fragment.code, fragment.stderr]).toEqual([2, expect.stringContaining('there is no')]);
    const variable = await runCli(['bootstrap', '--env', 'CFLAGS'], { cwd: site.dir });
    expect([variable.code, variable.stderr]).toEqual([2, expect.stringContaining('NAME=VALUE')]);
  });
});
