import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { slotName } from '../../src/core/ids.ts';
import { chooseDriver } from '../../src/sandbox/select.ts';
import { writeClassicScripts } from './classic.ts';
import { built, runCrew } from './crew.ts';
import { kindsOfDirt, makeDirty, runInside } from './dirty.ts';
import { countLeaks, lookAtHost } from './leaks.ts';
import { makeSpec } from './spec.ts';

/** How long a package takes where only sandboxes are measured: long enough that the next one could be made meanwhile. */
const packageMs = 400;
const slots = 4;
/** A heap that is settled, after which growth would be a leak. */
const settledShare = 0.3;

interface Spread {
  readonly medianMs: number;
  readonly p99Ms: number;
}

const spreadOf = (times: readonly number[]): Spread => {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2));
  return { medianMs: at(0.5), p99Ms: at(0.99) };
};

const show = (name: string, { medianMs, p99Ms }: Spread): void =>
  console.log(`${name.padEnd(58)}${medianMs.toFixed(1).padStart(9)}${p99Ms.toFixed(1).padStart(9)}`);

const openDriver = async (dir: string, kind: 'linux' | 'mounts') => {
  const stateDir = join(dir, kind, 'state');
  mkdirSync(stateDir, { recursive: true });
  const systemDirs = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/etc'];
  const { driver } = await chooseDriver({ driver: kind, stateDir, storage: 'disk', systemDirs });
  return { driver, stateDir, spec: makeSpec(join(dir, kind)) };
};

type Opened = Awaited<ReturnType<typeof openDriver>>;

const measureDirect = async ({ driver, spec }: Opened, rounds: number): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startMs = performance.now();
    const sandbox = await driver.prepare(slotName('build-1'), spec);
    const readyMs = performance.now();
    await runInside(sandbox, ['true'], 'none');
    const usedMs = performance.now();
    await sandbox.destroy();
    times.push(performance.now() - usedMs + readyMs - startMs);
  }
  return times;
};

const measureDriver = async (dir: string, kind: 'linux' | 'mounts', rounds: number) => {
  const opened = await openDriver(dir, kind);
  const direct = spreadOf(await measureDirect(opened, rounds));
  show(`${kind}: prepare and clean`, direct);
  const work = async (): Promise<ReturnType<typeof built>> => {
    await delay(packageMs);
    return built();
  };
  const crew = await runCrew({ ...opened, runs: 1, spare: 1, tasks: rounds, work });
  const path = spreadOf(crew.waitsMs);
  show(`${kind}: from one package to the next, one made ahead`, path);
  return { direct, path };
};

const measureClassic = (dir: string, rounds: number, mksandbox: string | undefined): Spread => {
  const sharedDir = join(dir, 'content');
  const readOnlyDir = join(dir, 'pbulk');
  for (const made of [sharedDir, readOnlyDir]) mkdirSync(made, { recursive: true });
  const scripts = writeClassicScripts({ dir: join(dir, 'scripts'), readOnlyDir, sharedDir, mksandbox });
  const chroot = join(dir, 'chroot-build-1');
  const runScript = (script: string): void => {
    const { status, stderr } = spawnSync('/bin/sh', [script, chroot], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
  };
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startMs = performance.now();
    runScript(scripts.make);
    const readyMs = performance.now();
    const { status } = spawnSync('/usr/sbin/chroot', [chroot, '/usr/bin/true'], { stdio: 'ignore' });
    if (status !== 0) throw new Error('nothing runs in the chroot of the scripts');
    const usedMs = performance.now();
    runScript(scripts.remove);
    times.push(performance.now() - usedMs + readyMs - startMs);
  }
  return spreadOf(times);
};

const measureDirty = async (dir: string, packages: number) => {
  const opened = await openDriver(dir, 'linux');
  const mark = `bench-${randomBytes(6).toString('hex')}`;
  const before = lookAtHost(opened.stateDir, mark);
  const memory: { readonly ended: number; readonly heapMiB: number; readonly rssMiB: number }[] = [];
  const dirtyCounts = { clean: 0, daemon: 0, 'busy file': 0, 'full disk': 0 };
  const note = (ended: number): void => {
    if (ended % Math.max(1, Math.floor(packages / 10)) !== 0) return;
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    memory.push({ ended, heapMiB: toMiB(heapUsed), rssMiB: toMiB(rss) });
  };
  const report = await runCrew({
    ...opened,
    ...{ runs: slots, spare: 1, tasks: packages, onEnd: note },
    work: async (number, sandbox) => {
      const dirt = number % 10 === 9 ? kindsOfDirt[Math.floor(number / 10) % kindsOfDirt.length] : undefined;
      if (dirt === undefined)
        await runInside(sandbox, ['sh', '-c', 'echo x >/work/x; echo y >/usr/pkg/y'], mark);
      else await makeDirty(sandbox, dirt, mark);
      dirtyCounts[dirt ?? 'clean'] += 1;
      return built();
    },
  });
  const leaks = countLeaks(before, lookAtHost(opened.stateDir, mark));
  const settled = memory.filter(({ ended }) => ended >= packages * settledShare);
  const growthMiB = Number(((settled.at(-1)?.heapMiB ?? 0) - (settled[0]?.heapMiB ?? 0)).toFixed(1));
  const { waitsMs, ...rest } = report;
  console.log(`${packages} packages through ${slots} slots, ${packages - dirtyCounts.clean} of them dirty:`);
  console.log(
    `  built ${rest.built}, failed ${rest.failed}, troubles ${rest.troubles.length}, retired ${rest.retired}`,
  );
  console.log(
    `  leaks: ${leaks}; heap since ${settledShare * 100} %: ${growthMiB} MiB more; ${rest.wallMs.toFixed(0)} ms`,
  );
  return { packages, slots, dirt: dirtyCounts, ...rest, leaks, growthMiB, memory };
};

const toMiB = (bytes: number): number => Number((bytes / 2 ** 20).toFixed(1));

const main = async ([dir = '', rounds = '200', packages = '1000', mksandbox]: readonly string[]) => {
  console.log(`${`${rounds} rounds; milliseconds`.padEnd(58)}   median      p99`);
  const linux = await measureDriver(dir, 'linux', Number(rounds));
  const mounts = await measureDriver(dir, 'mounts', Number(rounds));
  const classic = measureClassic(dir, Number(rounds), mksandbox);
  show(`classic scripts: make and remove${mksandbox === undefined ? '' : ' (the real mksandbox)'}`, classic);
  const compare = ({ direct, path }: typeof linux) => ({
    inAll: Number((classic.medianMs / direct.medianMs).toFixed(1)),
    onThePath: Number((classic.medianMs / path.medianMs).toFixed(1)),
  });
  const ratios = { linux: compare(linux), mounts: compare(mounts) };
  for (const [name, { inAll, onThePath }] of Object.entries(ratios)) {
    console.log(
      `${name}: ${inAll} times less in all (target 3), ${onThePath} times less on the path (target 10)`,
    );
  }
  const dirty = await measureDirty(join(dir, 'dirty'), Number(packages));
  writeFileSync(join(dir, 'figures.json'), JSON.stringify({ linux, mounts, classic, ratios, dirty }));
};

await main(process.argv.slice(2));
