import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { slotName } from '../src/core/ids.ts';
import type { Sandbox } from '../src/sandbox/driver.ts';
import { buildSlot, type Storage, verifySlot } from '../src/sandbox/linux/build.ts';
import { createLinuxDriver } from '../src/sandbox/linux/driver.ts';
import { startInit } from '../src/sandbox/linux/init.ts';
import { planSlot } from '../src/sandbox/linux/plan.ts';
import { readMounts } from '../src/sandbox/mounts.ts';
import { probeLinux } from '../src/sandbox/probe.ts';
import { runTool } from '../src/sandbox/process.ts';
import { createSlotDir, newRecord, slotsDir } from '../src/sandbox/record.ts';
import { removeSlotDir } from '../src/sandbox/slot-dir.ts';
import { runInside } from './sandbox/dirty.ts';
import { makeSpec } from './sandbox/spec.ts';

export const description =
  'prepare, first command and destroy of one sandbox slot: median and 90th percentile';

const systemDirs = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/etc'];
const targetMs = 150;
const slot = slotName('build-1');

interface Figures {
  readonly medianMs: number;
  readonly p90Ms: number;
}

/**
 * `npm run bench -- slot [ROUNDS]`: a slot as a build has it (kit, prefix, package database, three shares, work area
 * and home), made, used and destroyed again and again, on disk and on tmpfs, with the parts measured alone.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const rounds = Math.max(1, Number(args[0] ?? 50));
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'bulkmesh-bench-')));
  try {
    const probe = await probeLinux(dir, 'disk');
    if (probe.kind === 'fails') {
      console.log(`no sandboxes on this host: ${probe.why}`);
      return { skipped: probe.why };
    }
    console.log(`${`${rounds} rounds; milliseconds`.padEnd(48)}  median     p90`);
    const disk = await measureStorage(join(dir, 'disk'), 'disk', rounds);
    const tmpfs = await measureStorage(join(dir, 'tmpfs'), 'tmpfs', rounds);
    const parts = await measureParts(join(dir, 'parts'), rounds, probe.overlayOptions);
    return { rounds, targetMs, disk, tmpfs, parts };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measureStorage(
  dir: string,
  storage: Storage,
  rounds: number,
): Promise<Record<string, Figures>> {
  const stateDir = makeStateDir(dir);
  const driver = createLinuxDriver({ stateDir, storage, systemDirs });
  const spec = makeSpec(dir);
  const watch = new Stopwatch();
  for (let round = 0; round < rounds; round += 1) {
    const sandbox = await watch.time('prepare', () => driver.prepare(slot, spec));
    await watch.time('first command', () => runTrue(sandbox));
    await watch.time('next command', () => runTrue(sandbox));
    await watch.time('destroy', () => sandbox.destroy());
    watch.sum(`prepare + destroy (target ${targetMs})`, ['prepare', 'destroy']);
  }
  return watch.show(storage);
}

/** The same again on disk, step by step. */
async function measureParts(
  dir: string,
  rounds: number,
  overlayOptions: readonly string[],
): Promise<Record<string, Figures>> {
  const rights = process.getuid?.() === 0 ? 'root' : 'own';
  const spec = makeSpec(dir);
  const slotDir = join(slotsDir(makeStateDir(dir)), slot);
  const { kitDir } = spec;
  const watch = new Stopwatch();
  for (let round = 0; round < rounds; round += 1) {
    const plan = await watch.time('plan', async () => planSlot(spec, systemDirs, rights));
    await watch.time('record and directories', async () => {
      createSlotDir(slotDir, newRecord('linux', slot, []));
      buildSlot(plan, { slotDir, kitDir, storage: 'disk', overlayOptions, rights });
    });
    const init = await watch.time('namespaces and mounts', () => startInit(slotDir, 'disk'));
    await watch.time('proof of the mounts', async () => verifySlot(plan, readMounts(init.id.pid)));
    await watch.time('kill, until the last is gone', () => init.kill(30_000));
    await watch.time('proof and deletion', () => removeSlotDir(slotDir));
    await watch.time('for comparison: one program', () => runTool(['true']));
  }
  return watch.show('part');
}

class Stopwatch {
  readonly #times = new Map<string, number[]>();

  async time<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    const result = await work();
    this.#note(name, performance.now() - startMs);
    return result;
  }

  /** Adds up the latest of several. */
  sum(name: string, parts: readonly string[]): void {
    this.#note(
      name,
      parts.reduce((sum, part) => sum + (this.#times.get(part)?.at(-1) ?? 0), 0),
    );
  }

  show(title: string): Record<string, Figures> {
    return Object.fromEntries(
      [...this.#times].map(([name, times]) => {
        const sorted = times.toSorted((a, b) => a - b);
        const at = (share: number) =>
          Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1));
        const figures = { medianMs: at(0.5), p90Ms: at(0.9) };
        const columns = [figures.medianMs, figures.p90Ms].map((ms) => ms.toFixed(1).padStart(8));
        console.log(`${`${title}: ${name}`.padEnd(48)}${columns.join('')}`);
        return [name, figures];
      }),
    );
  }

  #note(name: string, ms: number): void {
    const times = this.#times.get(name) ?? [];
    times.push(ms);
    this.#times.set(name, times);
  }
}

function makeStateDir(dir: string): string {
  const stateDir = join(dir, 'state');
  mkdirSync(stateDir, { recursive: true });
  return stateDir;
}

async function runTrue(sandbox: Sandbox): Promise<void> {
  const code = await runInside(sandbox, ['true'], 'bench');
  if (code !== 0) throw new Error(`true failed with ${code}`);
}
