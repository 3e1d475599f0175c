import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ground } from '../../../agent/build/ground.ts';
import type { LiveBuild } from '../../../agent/build/live.ts';
import type { AdoptedPlan } from '../../../agent/mesh/adoption.ts';
import { createDealer, type DealRequest } from '../../../agent/scan/dealer.ts';
import { decodeResult, encodeResult } from '../../../agent/scan/result.ts';
import { runBatch } from '../../../agent/scan/run.ts';
import { createScans } from '../../../agent/scan/scans.ts';
import { decodeScanSheet, encodeScanSheet, isScanSheet } from '../../../agent/scan/sheet.ts';
import { encodeSheet } from '../../../agent/sheet/encode.ts';
import { parseDigest, parseSha256 } from '../../../src/artefacts/sha256.ts';
import type { BlobStore } from '../../../src/artefacts/store/store.ts';
import { createAgent } from '../../../src/core/agent.ts';
import type { Fact, Outcome } from '../../../src/core/facts/fact.ts';
import { hostId, type PlanId, slotName, type Token } from '../../../src/core/ids.ts';
import type { Event } from '../../../src/core/input.ts';
import type { Task } from '../../../src/core/plan.ts';
import { isPkgPath } from '../../../src/pkgsrc/name.ts';
import type { Elsewhere } from '../../../src/pkgsrc/scan/elsewhere.ts';
import { digestBytes } from '../../../src/pkgsrc/scan/filedigests.ts';
import { driverTraits } from '../../../src/sandbox/traits.ts';
import { never, useHosts } from '../../artefacts/hosts.ts';
import { policy } from '../../pkgsrc/build/fixture.ts';
import { MiniTree, textsOf } from '../../pkgsrc/scan/minimake.ts';
import { emptySpec } from '../../sandbox/support/host.ts';
import { hashOf, sheetOf } from '../sheet/samples.ts';
import { noLimits } from '../support/no-limits.ts';

const hosts = useHosts();
const noPackages = sheetOf({ packages: [] });
const names = Array.from({ length: 70 }, (_, index) => `p${String(index).padStart(2, '0')}`);

let tree: MiniTree;
let here: BlobStore;
let there: BlobStore;
beforeEach(async () => {
  tree = new MiniTree();
  tree.write('Makefile', 'devel\n');
  tree.write('devel/Makefile', `${names.join(' ')}\n`);
  tree.write('mk/all.mk', 'all\n');
  for (const name of names) {
    tree.write(
      `devel/${name}/Makefile`,
      name === 'p20' ? 'include nothing.mk\n' : 'include ../../mk/all.mk\n',
    );
  }
  here = (await hosts.openStore()).store;
  there = (await hosts.openStore()).store;
  // Until the files are older than the coarsest tick of a clock that stamps them.
  await delay(40);
});
afterEach(() => tree.remove());

/** One build in a mesh of which `carryOut` is the other hosts and the core: told of a plan, it gives ends of its tasks. */
const makeScan = (
  carryOut: (plan: AdoptedPlan, live: LiveBuild) => Promise<readonly Fact[]>,
  signal: AbortSignal = never,
) => {
  const events: Event[] = [];
  const scans = createScans();
  const known = new Map<PlanId, { readonly plan?: AdoptedPlan; readonly live: LiveBuild }>();
  const troubles: string[] = [];
  const push = (event: Event): void => {
    events.push(event);
    const entry = event.kind === 'planAdded' ? known.get(event.planId) : undefined;
    if (entry?.plan !== undefined) void carryOut(entry.plan, entry.live).then(scans.hearFacts);
  };
  const deal = createDealer({
    ...{ core: createAgent(), host: hostId('here'), platform: 'Any', configDigest: 'x', leastMs: 0 },
    ...{ blobs: here, scans, push, onTrouble: (text: string) => void troubles.push(text) },
    lives: { add: (live) => void known.set(live.planId, { live }) },
    adoption: {
      note: (plan) => {
        const entry = known.get(plan.planId);
        if (entry !== undefined) known.set(plan.planId, { ...entry, plan });
      },
    },
    getResult: async ({ outcome }) => {
      const sha256 = outcome.kind === 'built' ? parseDigest(outcome.digest) : undefined;
      const bytes = sha256 && (await there.readBlob(sha256, 2 ** 25));
      if (bytes === undefined) throw new Error('nobody has it');
      return bytes;
    },
  });
  const { environment } = tree.ports();
  const request: DealRequest = {
    chosen: {
      ...{ build: noPackages.build, startedAtMs: 5, pkgpaths: [], resumed: false, everything: false },
      ...{ rebuild: undefined, failedBefore: [] },
    },
    ground: groundOf(environment),
    ...{ terms: Promise.resolve(noPackages.terms), sinceMs: Date.now(), signal },
    hasLeft: () => false,
    stop: () => undefined,
    countDone: () => ({ done: 0, failed: 0 }),
  };
  const dealt = deal(request)({ tree: noPackages.tree, likeness: likenessOfNothing });
  const elsewhere: Elsewhere = { isWorth: () => true, index: (...asked) => dealt.index(...asked) };
  return { elsewhere, events, troubles };
};

/** What a fake sandbox says of its system is nothing. */
const likenessOfNothing = digestBytes('');

const groundOf = (make: Ground['make']): Ground => ({
  spec: { ...emptySpec, shares: [{ source: tree.dir, target: tree.dir, access: 'ro' }] },
  ...{ make, user: undefined, policy: policy(), inherited: {}, limits: noLimits, warnings: [] },
});

const factOf = ({ planId }: AdoptedPlan, { name }: Task, outcome: Outcome): Fact => ({
  ...{ planId, task: name, outcome, token: 't' as Token, slot: slotName('build-1') },
  ...{ origin: { host: hostId('there'), incarnation: 1, boot: 'a' }, seq: 1, jobs: 1, steps: [] },
  ...{ startedAtMs: 0, wallMs: 1, cpuMs: 0, diskBytes: 0, memoryBytes: 0 },
});

/** What a host does that got the plan by its sheet: its result goes to the store of that host. */
const runThere = async (adopted: AdoptedPlan, live: LiveBuild, task: Task): Promise<Fact> => {
  const sha256 = parseSha256(adopted.plan.sheet ?? '');
  const bytes = sha256 && (await here.readBlob(sha256, 2 ** 25));
  if (bytes === undefined || !isScanSheet(bytes)) throw new Error('the plan has no sheet');
  const { sheet, part } = await decodeScanSheet(bytes);
  expect(sheet).toEqual(adopted.sheet);
  const { sandbox, signal } = tree.ports();
  const start = {
    kind: 'start' as const,
    ...{ planId: live.planId, task: task.name, slot: sandbox.slot, jobs: 3, token: 't' as Token },
    work: { kind: 'disk' as const },
  };
  const result = await runBatch({
    live,
    part,
    start,
    sandbox,
    traits: driverTraits.none,
    blobs: there,
    signal,
  });
  if (result.kind !== 'ended') throw new Error(result.detail);
  return factOf(adopted, task, result.outcome);
};

const runAll = (adopted: AdoptedPlan, live: LiveBuild): Promise<readonly Fact[]> =>
  Promise.all(adopted.plan.tasks.map((task) => runThere(adopted, live, task)));

describe('a scan that is dealt out', () => {
  it('gives what one host alone gives, whoever runs its batches, and all of it is kept', async () => {
    const alone = await tree.scan({ kept: false });
    const { elsewhere, events, troubles } = makeScan(runAll);
    const done: number[] = [];
    const together = await tree.scan({ elsewhere, onProgress: (count) => void done.push(count) });
    expect(tree.made).toEqual([]);
    expect(troubles).toEqual([]);
    expect(events).toMatchObject([{ kind: 'planAdded', plan: { platform: 'Any' } }]);
    expect(textsOf(together)).toEqual(textsOf(alone));
    expect(together.failures).toEqual(alone.failures);
    expect(done.at(-1)).toBe(names.length);
    await tree.scan();
    expect(tree.made).toEqual(['devel/p20']);
  });

  it('is done here where no host could, where a result is lost, and where it is not what it should be', async () => {
    const alone = await tree.scan({ kept: false });
    const { elsewhere, troubles } = makeScan(async (adopted, live) => {
      const facts = await runAll(adopted, live);
      const [first, second, third, ...rest] = adopted.plan.tasks;
      if (first === undefined || second === undefined || third === undefined) throw new Error('few batches');
      const infra = { kind: 'failed', class: 'infra', stage: '', reason: 'all hosts had trouble' } as const;
      const { sha256, sizeBytes } = await there.addBytes(Buffer.from('no result'));
      return [
        factOf(adopted, first, infra),
        factOf(adopted, second, { kind: 'built', digest: `sha256:${hashOf('7')}`, sizeBytes: 5 }),
        factOf(adopted, third, { kind: 'built', digest: `sha256:${sha256}`, sizeBytes }),
        ...facts.filter(({ task }) => rest.some(({ name }) => name === task)),
      ];
    });
    const together = await tree.scan({ elsewhere });
    expect(textsOf(together)).toEqual(textsOf(alone));
    expect(tree.made).toHaveLength(3 * 18);
    expect(troubles.toSorted()).toEqual([
      expect.stringMatching(/^no host could scan scan-0001, it is scanned here: all hosts had trouble$/),
      expect.stringMatching(/^scan-0002 is scanned here again: nobody has it$/),
      expect.stringMatching(/^scan-0003 is scanned here again: what another host scanned cannot be read/),
    ]);
  });

  it('stops on all hosts when its build is stopped', async () => {
    const abort = new AbortController();
    const { elsewhere, events } = makeScan(async () => {
      abort.abort(new Error('stopped'));
      return [];
    }, abort.signal);
    await expect(tree.scan({ elsewhere })).rejects.toThrow('stopped');
    expect(events).toMatchObject([{ kind: 'planAdded' }, { kind: 'planStopped', mode: 'now' }]);
  });
});

describe('the sheet and the results of a scan', () => {
  it('are refused when they are cut short, are something else, or answer for other paths', async () => {
    const paths = ['devel/a', 'devel/b'].filter(isPkgPath);
    const [one, other] = paths;
    if (one === undefined || other === undefined) throw new Error('no paths');
    const part = {
      batches: new Map([['scan-0001', paths]]),
      likeness: hashOf('1'),
      before: { done: 1, failed: 0 },
    };
    const sheet = await encodeScanSheet({ sheet: noPackages, part });
    expect(await decodeScanSheet(sheet)).toEqual({ sheet: noPackages, part });
    expect(isScanSheet(await encodeSheet(noPackages))).toBe(false);
    for (const bad of [sheet.subarray(0, -9), sheet.subarray(0, 40), Buffer.from('bulkmesh-scan 1 9\n')]) {
      await expect(decodeScanSheet(bad)).rejects.toMatchObject({ code: 'SHEET_BAD' });
    }
    const text = Buffer.from('PKGNAME=a-1\n');
    const indexed = { kind: 'indexed', pkgpath: one, text, makefiles: ['Makefile', '../../mk/x'] } as const;
    const failure = { pkgpath: other, reason: 'no', detail: 'none' };
    const whole = {
      indexes: [indexed, { kind: 'failed', pkgpath: other, failure } as const],
      ...{ likeness: hashOf('1'), inside: new Map([['/kit/mk.conf', hashOf('2')]]) },
    };
    const bytes = await encodeResult(whole);
    expect(await decodeResult(bytes, paths)).toEqual(whole);
    const few = await encodeResult({ ...whole, indexes: [indexed] });
    const twice = await encodeResult({ ...whole, indexes: [indexed, indexed] });
    for (const bad of [few, twice, bytes.subarray(0, -5), Buffer.from('x')]) {
      await expect(decodeResult(bad, paths)).rejects.toMatchObject({ code: 'SCAN_RESULT_BAD' });
    }
    await expect(decodeResult(bytes, [one])).rejects.toMatchObject({ code: 'SCAN_RESULT_BAD' });
  });
});
