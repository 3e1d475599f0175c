import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runCli } from '../../cli/main.ts';
import { makeMesh } from '../agent/view/pictures.ts';
import { type FakeAgent, startFakeAgent } from './fake-agent.ts';
import { makeSite, type TestSite } from './run.ts';

let site: TestSite;
let agent: FakeAgent;
beforeEach(async () => {
  site = await makeSite();
  agent = await startFakeAgent(site.state, {
    mesh: makeMesh(),
    places: [
      {
        ...{ build: '20261123T104800Z-abc123', planId: 'p1', pkg: 'mesa-24.1', host: 'h2', isRunning: false },
        text: 'was given to beta, and waits there for a slot',
      },
    ],
  });
});
afterEach(async () => {
  await agent.close();
  await site.remove();
});

/** In this process: a dozen of them would take long to start. */
const run = async (...args: readonly string[]) => {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  }
  try {
    return { code: await runCli(['-c', site.config, ...args]), ...said };
  } finally {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  }
};

it('hosts, packages and logs of a mesh are told of by the agent of any host', async () => {
  const hosts = await run('hosts');
  const json = await run('hosts', '--json');
  const why = await run('why', 'beta', 'gamma');
  const place = await run('why', 'mesa');
  const log = await run('log', '-f', 'gawk');
  const gone = await run('log', '-f', 'mesa');
  expect(hosts.stdout).toMatch(/^mesh m1: 2 of 4 hosts up, 2 of 3 slots run, coordinator alpha\n/);
  expect(hosts.stdout).toMatch(/^gamma +dead .*connection refused$/m);
  expect(JSON.parse(json.stdout)).toEqual(JSON.parse(JSON.stringify(makeMesh())));
  expect(why.stdout).toMatch(
    /^beta \(h2\) at 192\.0\.2\.2:28550 is up\n {2}starts nothing more: all of its slots run\n/,
  );
  expect(why.stdout).toMatch(/^ {2}beta: another kit: bbb, here aaa; give both the same one$/m);
  expect(why.stdout).toMatch(
    /^gamma \(h3\) is dead\n {2}nothing was heard of it for 2m00s\n {2}connection refused\n/m,
  );
  expect(place.stdout).toContain('mesa-24.1 was given to beta, and waits there for a slot\n');
  // Control characters of a build never reach the terminal, whichever host they come from.
  expect(log.stdout).toBe('log of gawk-5.3\nsecond line\n');
  expect(agent.orders).toContain('h2 log gawk-5.3 all follow');
  expect(gone).toMatchObject({ code: 2, stderr: expect.stringContaining('is not being built on any host') });
});

it('orders reach the host that is named, and a refusal says what to do', async () => {
  const drain = await run('drain', 'beta');
  const leave = await run('leave', '--now', '--json');
  const evict = await run('evict', 'gamma', '--force');
  const stop = await run('stop', '--now');
  const retry = await run('retry', 'gawk', 'mesa', '--build', 'b1');
  const nobody = await run('undrain', 'nobody');
  const what = await run('retry');
  const top = await run('top');
  expect(drain.stdout).toBe('done: {"kind":"drain"}\n');
  expect(JSON.parse(leave.stdout)).toMatchObject({ text: 'done: {"kind":"leave","mode":"now"}' });
  expect(agent.orders.toSorted()).toEqual([
    'beta {"kind":"drain"}',
    'gamma evict by force',
    'nobody {"kind":"undrain"}',
    'self {"kind":"leave","mode":"now"}',
    'self {"kind":"retry","build":"b1","packages":["gawk","mesa"]}',
    'self {"kind":"stop","mode":"now"}',
  ]);
  expect([evict.code, stop.code, retry.code]).toEqual([0, 0, 0]);
  expect(nobody).toMatchObject({
    code: 2,
    stderr: 'bulkmesh: there is no host "nobody" in the mesh\n  There are: a.\n',
  });
  expect(what).toMatchObject({ code: 2, stderr: expect.stringContaining('Name packages, or give --all.') });
  expect(top).toMatchObject({ code: 2, stderr: expect.stringContaining('top needs a terminal') });
});
