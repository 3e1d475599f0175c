import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeAgent, finish, startFakeAgent } from './fake-agent.ts';
import { makeSite, type TestSite } from './run.ts';
import { building } from './ui/samples.ts';

const hasScript =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;
const program = new URL('../../cli/bulkmesh.mjs', import.meta.url).pathname;
let site: TestSite;
let agent: FakeAgent;
let terminal: ChildProcess | undefined;
beforeEach(async () => {
  site = await makeSite();
  agent = await startFakeAgent(site.state, {
    onBuild: (fake) => fake.tell({ kind: 'snapshot', snapshot: building }),
    onStop: (fake) => fake.tell(finish({ ending: 'stopped' })),
  });
});
afterEach(async () => {
  terminal?.kill('SIGKILL');
  await agent.close();
  await site.remove();
});

describe.skipIf(!hasScript)('build on a terminal (skips without script of util-linux)', () => {
  it('draws the board, takes Ctrl-C from the keyboard, and gives the cursor back', async () => {
    const child = spawn('script', ['-qec', `${process.execPath} ${program} build`, '/dev/null'], {
      cwd: site.dir,
      env: { PATH: process.env.PATH, TERM: 'xterm', LANG: 'C.UTF-8', COLUMNS: '100', LINES: '30' },
    });
    terminal = child;
    let screen = '';
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    await new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        screen += text;
        if (screen.includes('perl-5.36.0nb1')) resolve();
      });
      void ended.then(() => resolve());
    });
    child.stdin.write('\x03');
    expect(await ended, screen).toBe(130);
    expect(agent.stops).toEqual(['drain']);
    expect(screen).toContain('\x1b[?25l');
    expect(screen.lastIndexOf('\x1b[?25h')).toBeGreaterThan(screen.lastIndexOf('\x1b[?25l'));
    expect(screen).toContain('Build stopped');
  });
});
