import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeAgent } from './fake-agent.ts';
import { makeSite, runCli, type TestSite } from './run.ts';

let site: TestSite;
beforeAll(async () => {
  site = await makeSite();
});
afterAll(() => site.remove());

describe('bulkmesh status', () => {
  it('says with whom an agent shares its host, and what it has of it', async () => {
    const share = { slots: 1, slotsMax: 4, cores: 3, coresMax: 8, configFiles: ['/content/32.toml'] };
    const agent = await startFakeAgent(site.state, { share });
    const { code, stdout } = await runCli(['status'], { cwd: site.dir });
    await agent.close();
    expect(code).toBe(0);
    expect(stdout).toContain('shares this host with /content/32.toml: 1 of 4 slots, 3 of 8 cores\n');
  });

  it('says nothing of others to an agent that is alone', async () => {
    const agent = await startFakeAgent(site.state);
    const { stdout } = await runCli(['status'], { cwd: site.dir });
    await agent.close();
    expect(stdout).toContain('agent on fakehost');
    expect(stdout).not.toContain('shares');
  });
});
