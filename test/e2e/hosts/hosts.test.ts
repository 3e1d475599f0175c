import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetHost } from './host.ts';
import { createNet, type Net } from './net.ts';
import { findHostObstacle } from './obstacle.ts';

const obstacle = await findHostObstacle();
const skipNote = obstacle === undefined ? '' : ` (SKIPPED: needs namespaces and root: ${obstacle})`;

const server = `require('node:net').createServer((s) => { s.on('error', () => {}); s.end(process.argv[1]); })
  .listen(7000, () => console.log('listening'))`;
const client = `const s = require('node:net').connect(7000, process.argv[1]);
  const end = (word) => { console.log(word); process.exit(); };
  s.on('data', (name) => end(String(name))).on('error', (error) => end(error.code));
  setTimeout(() => end('silence'), Number(process.argv[2]));`;

describe.skipIf(obstacle !== undefined)(`hosts in namespaces${skipNote}`, () => {
  let dir = '';
  let net: Net;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bulkmesh-net-'));
    net = await createNet({ dir, hosts: 3, disksMiB: { 3: 32 } });
    for (const number of [1, 2, 3]) await serve(net.host(number));
  });
  afterAll(async () => {
    await net.destroy();
    await rm(dir, { recursive: true, force: true });
  });

  const serve = async (host: NetHost): Promise<void> => {
    await host.spawn(['node', '-e', server, host.name]).waitFor(/listening/);
  };
  /** What `from` hears from `to`. */
  const ask = async (from: number, to: number, patienceMs = 20_000): Promise<string> =>
    (await net.host(from).run(['node', '-e', client, net.host(to).name, `${patienceMs}`])).stdout.trim();
  /** The same, of whom nothing should be heard. */
  const listen = (from: number, to: number): Promise<string> => ask(from, to, 300);

  it('reach each other by name, until a cable, a way or a network is cut, and again when it is mended', async () => {
    expect(await Promise.all([ask(1, 2), ask(2, 3), ask(3, 1)])).toEqual(['h2', 'h3', 'h1']);
    await net.cutOneWay(1, 2);
    expect(await Promise.all([listen(1, 2), listen(2, 1), ask(2, 3)])).toEqual(['silence', 'silence', 'h3']);
    await net.heal();
    await net.partition([1, 2], [3]);
    expect(await Promise.all([ask(1, 2), listen(2, 3), listen(3, 1)])).toEqual(['h2', 'silence', 'silence']);
    await net.heal();
    await net.linkDown(2);
    expect(await Promise.all([listen(1, 2), ask(1, 3)])).toEqual(['silence', 'h3']);
    await net.linkUp(2);
    expect(await ask(1, 2)).toBe('h2');
  });

  it('hear each other late over a slow cable, and not at all over one that loses everything', async () => {
    await net.delay(2, 250, 0);
    expect(await listen(1, 2)).toBe('silence');
    expect(await ask(1, 2)).toBe('h2');
    await net.delay(2, 1, 100);
    expect(await listen(1, 2)).toBe('silence');
    await net.heal();
    expect(await ask(1, 2)).toBe('h2');
  });

  it('have a name, a start, a clock and a disk of their own, and do not see those of others', async () => {
    const [one, three] = [net.host(1), net.host(3)];
    await one.write('mine', 'one');
    const look = ['sh', '-c', 'hostname; cat mine; ls ../disks; cat /proc/sys/kernel/random/boot_id'];
    const [seen, other] = [(await one.run(look)).stdout, (await three.run(look)).stdout];
    expect(seen).toMatch(/^h1\none[\da-f-]{36}\n$/);
    expect(other).toMatch(/^h3\n[\da-f-]{36}\n$/);
    expect(seen.split('\n').at(-2)?.slice(3)).not.toBe(other.split('\n').at(-2));
    three.setClock(-3_600_000);
    const clock = ['node', '-p', '[Date.now(), new Date().getTime(), new Date(5).getTime()].join()'];
    const [now, made, given] = (await three.run(clock)).stdout.split(',').map(Number);
    for (const time of [now, made]) expect(Date.now() - (time ?? 0)).toBeGreaterThanOrEqual(3_600_000);
    expect(given).toBe(5);
    const free = await three.fillDisk(1);
    expect((await three.run(['sh', '-c', 'head -c 3000000 /dev/zero >big'])).stderr).toContain(
      'No space left',
    );
    await free();
    expect((await three.run(['sh', '-c', 'head -c 3000000 /dev/zero >big'])).code).toBe(0);
  });

  it('stop and go on, lose power with all that runs there, and keep their files', async () => {
    const host = net.host(3);
    const count = host.spawn(['sh', '-c', 'for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done']);
    await count.waitFor(/2/);
    const goOn = await count.pause();
    const said = count.output();
    await net.host(1).run(['sleep', '0.4']);
    expect(count.output()).toBe(said);
    goOn();
    await count.waitFor(/8/);
    const daemon = host.spawn(['sh', '-c', 'setsid sleep 1000 & echo kept >file; sync; echo up; wait']);
    await daemon.waitFor(/up/);
    await host.powerOff();
    expect(await daemon.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(await listen(1, 3)).toBe('silence');
    await host.powerOn();
    expect(await ask(1, 3)).toBe('ECONNREFUSED');
    expect((await host.run(['cat', 'file'])).stdout).toBe('kept\n');
  });

  it('leave nothing behind, also those whose maker was killed', async () => {
    const maker = `import { createNet } from ${JSON.stringify(join(import.meta.dirname, 'net.ts'))};
      const net = await createNet({ dir: process.argv[1], hosts: 2 });
      net.host(2).spawn(['sh', '-c', 'setsid sleep 1000 & wait']);
      console.log('made'); setInterval(() => {}, 1000);`;
    const other = join(dir, 'other');
    await net.host(1).run(['mkdir', '-p', other]);
    const { startProgram } = await import('./program.ts');
    const made = startProgram(['sh', '-c', '"$@"; :', 'sh', 'node', '-e', maker, other], process.env, dir);
    await made.waitFor(/made/);
    expect(listTraces(other)).not.toEqual([]);
    await made.kill('SIGKILL');
    await expect.poll(() => listTraces(other)).toEqual([]);

    await net.destroy();
    expect(listTraces(dir)).toEqual([]);
    await (await createNet({ dir: other, hosts: 0 })).destroy();
    expect(existsSync('/sys/fs/cgroup') && listGroups().length).toBe(0);
  });
});

/** Processes that see a mount of that directory. */
const listTraces = (dir: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(dir);
    } catch {
      return false;
    }
  });

const listGroups = (): readonly string[] =>
  ['pids', 'memory', 'cpu', 'unified', '.']
    .map((name) => join('/sys/fs/cgroup', name))
    .filter((dir) => existsSync(dir))
    .flatMap((dir) => readdirSync(dir))
    .filter((name) => name.startsWith(`bulkmesh-net-${process.pid}-`));
