import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSite, runCli, type TestSite } from './run.ts';

const name = 'bulkmesh-none';
const isRoot = process.getuid?.() === 0;
const hasScript =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;
const program = new URL('../../cli/bulkmesh.mjs', import.meta.url).pathname;
let site: TestSite;
let terminal: ChildProcess | undefined;
beforeEach(async () => {
  site = await makeSite('');
  await writeFile(site.config, `[pkgsrc]\nbuild_user = "${name}"\n`);
});
afterEach(async () => {
  terminal?.kill('SIGKILL');
  await site.remove();
});
const accounts = (): string => readFileSync('/etc/passwd', 'utf8');

describe.skipIf(!isRoot)(
  `the account that builds${isRoot ? '' : ' [skipped: only root can make one]'}`,
  () => {
    it('is never made where nobody can be asked; what would make it is said', async () => {
      const before = accounts();
      const { stdout } = await runCli(['init', `${site.dir}/content`, '--user', name], { cwd: site.dir });
      expect(stdout).toMatch(new RegExp(`(useradd|adduser) .*${name} +makes the account`));
      expect((await runCli(['doctor'], { cwd: site.dir })).code).toBe(1);
      expect(accounts()).toBe(before);
    });

    it.skipIf(!hasScript)('is not made when the person at the terminal says no', async () => {
      const before = accounts();
      const child = spawn('script', ['-qec', `${process.execPath} ${program} doctor`, '/dev/null'], {
        cwd: site.dir,
        env: { PATH: process.env.PATH, TERM: 'xterm', LANG: 'C.UTF-8' },
      });
      terminal = child;
      let screen = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (!screen.includes('[y/N]') && (screen + text).includes('[y/N]')) child.stdin.write('n\r');
        screen += text;
      });
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
      expect(screen).toContain(`There is no account "${name}" to build as. Make it (`);
      expect(code).toBe(1);
      expect(accounts()).toBe(before);
    });
  },
);
