import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSite, type RunningCli, runCli, startCli, type TestSite } from './run.ts';

let site: TestSite;
let agent: RunningCli | undefined;
beforeEach(async () => {
  site = await makeSite('[sandbox]\ndriver = "none"\n[pkgsrc]\nbuild_user = "nobody"\n');
});
afterEach(async () => {
  agent?.child.kill('SIGKILL');
  await agent?.ended;
  agent = undefined;
  await site.remove();
});

describe('agent', () => {
  it('tells what it does in JSON lines, answers, holds its state alone, and ends clean at SIGTERM', async () => {
    agent = startCli(['agent'], { cwd: site.dir });
    await agent.waitFor(/the agent is ready/);
    const status = await runCli(['status', '--json'], { cwd: site.dir });
    expect(JSON.parse(status.stdout)).toMatchObject({ pid: agent.child.pid, driver: 'none' });
    const second = await runCli(['agent'], { cwd: site.dir });
    expect([second.code, second.stdout]).toEqual([2, '']);
    expect(second.stderr).toContain(`pid ${agent.child.pid}`);

    agent.child.kill('SIGTERM');
    const { code, stdout, stderr } = await agent.ended;
    expect([code, stdout]).toEqual([0, '']);
    for (const line of stderr.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
    expect(existsSync(join(site.state, 'control.sock'))).toBe(false);
  });
});

describe('build without an agent', () => {
  it('runs one itself, and leaves none behind when the build cannot go on', async () => {
    const { code, stdout, stderr } = await runCli(['build', 'no/such'], { cwd: site.dir });
    expect(code).toBe(2);
    expect(stdout).toContain('this command runs one itself until the build ends');
    expect(stderr).toMatch(/^bulkmesh: .+\n/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect((await runCli(['status'], { cwd: site.dir })).stderr).toContain('no agent answers');
  });
});
