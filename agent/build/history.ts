import type { Fact } from '../../src/core/facts/fact.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import type { HistoryRow } from '../../src/store/history.ts';
import type { LiveBuild } from './live.ts';

/** What a fact says about how long its package takes; nothing when it was trouble of hosts that ended it. */
export const historyOf = (live: LiveBuild, fact: Fact, host: string): HistoryRow[] => {
  const found = live.byName.get(fact.task);
  if (found === undefined || (fact.outcome.kind === 'failed' && fact.outcome.class === 'infra')) return [];
  const { pkgpath, pkgname } = found.record;
  return [
    {
      pkgpath,
      pkgbase: splitPkgName(pkgname).base,
      build: live.build,
      pkgname,
      outcome: fact.outcome.kind,
      stage: fact.outcome.kind === 'failed' ? fact.outcome.stage : '',
      endedAtMs: fact.startedAtMs + fact.wallMs,
      wallMs: fact.wallMs,
      cpuMs: fact.cpuMs,
      diskBytes: fact.diskBytes,
      jobs: fact.jobs,
      steps: fact.steps,
      host,
      memoryBytes: fact.memoryBytes,
      reason: fact.outcome.kind === 'failed' ? fact.outcome.reason : '',
    },
  ];
};
