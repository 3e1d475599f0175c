import type { Fact } from '../../src/core/facts/fact.ts';
import { hostId, makeToken, slotName } from '../../src/core/ids.ts';
import { openStore } from '../../src/store/open.ts';
import { makeNoopPlan } from '../noop/plan.ts';
import { describeNoop } from '../noop/work.ts';

const batch = 1_000;

/** Leaves a store in which all but the last packages of a plan are built, half of them by another host. */
export const layJournal = (stateDir: string, finished: number, open: number): void => {
  const store = openStore(stateDir);
  try {
    const { plan, planId, text } = makeNoopPlan('resumed', finished + open, 1_000);
    store.createBuild({ id: plan.build, startedAtMs: Date.now(), pkgpaths: [], configDigest: 'bench' });
    store.savePlan(planId, plan.build, Buffer.from(text));
    const { life } = store;
    const other = { ...life, host: hostId(`${life.host.slice(1)}-`) };
    for (let from = 0; from < finished; from += batch) {
      const tasks = plan.tasks.slice(from, Math.min(finished, from + batch));
      const facts = tasks.map(({ name }, offset): Fact => {
        const index = from + offset;
        const origin = index % 2 === 0 ? life : other;
        const seq = Math.floor(index / 2) + 1;
        return {
          ...{ planId, task: name, token: makeToken({ n: 1, life }, index + 1), origin, seq },
          ...{ slot: slotName('build-1'), startedAtMs: index, wallMs: 1_000, cpuMs: 1_000, jobs: 1 },
          ...{ steps: [{ step: 'build', wallMs: 1_000, cpuMs: 1_000 }], diskBytes: 1, memoryBytes: 1 },
          outcome: { kind: 'built', digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 1 },
        };
      });
      store.together(() => {
        store.addEntries(facts);
        store.addHistory(facts.map((fact) => describeNoop(plan.build, fact)));
      });
    }
  } finally {
    store.close();
  }
};
