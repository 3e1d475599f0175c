import { describe, expect, it } from 'vitest';
import type { BuildEvent } from '../../../agent/control/protocol.ts';
import { describeFinish, renderEvent, renderHeartbeat } from '../../../cli/ui/plain.ts';
import { applyEvent } from '../../../cli/ui/view.ts';
import { finish } from '../fake-agent.ts';
import { building, noCounts, noonMs } from './samples.ts';

const counts = building.counts ?? noCounts;
const events: readonly BuildEvent[] = [
  { kind: 'snapshot', snapshot: building },
  { kind: 'phase', phase: 'building', atMs: noonMs },
  { kind: 'scanFailed', pkgpath: 'lang/odd', reason: 'make: "Makefile" line 3:\tmissing\x1b[31m' },
  { kind: 'started', pkg: 'zlib-1.3', slot: 'build-3', jobs: 4, atMs: noonMs },
  { kind: 'started', pkg: 'bc-1.0', slot: 'build-4', jobs: 1, atMs: noonMs },
  { kind: 'stage', pkg: 'zlib-1.3', slot: 'build-3', stage: 'configure', atMs: noonMs },
  {
    kind: 'ended',
    pkg: 'zlib-1.3',
    slot: 'build-3',
    outcome: { kind: 'built', digest: 'sha256:00', sizeBytes: 100 },
    wallMs: 12_000,
    blocks: 0,
    counts: { ...counts, running: 3, built: 12 },
  },
  {
    kind: 'ended',
    pkg: 'bc-1.0',
    slot: 'build-4',
    outcome: { kind: 'failed', class: 'package', stage: 'build', reason: 'cc: exit code 1' },
    wallMs: 61_000,
    blocks: 3,
    counts: { ...counts, running: 2, built: 12, failed: 2, blocked: 5, waiting: 7 },
  },
  { kind: 'warning', text: 'no isolation' },
];

describe('plain lines', () => {
  it('tell each start and end, failures with stage and reason, and how far the build is', () => {
    let snapshot = building;
    const lines = events.flatMap((event) => {
      snapshot = applyEvent(snapshot, event);
      return renderEvent(event, snapshot, noonMs) ?? [];
    });
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "12:00:00 building
      12:00:00 FAILED lang/odd in scan: make: "Makefile" line 3: missing
      12:00:00 start  zlib-1.3 (build-3, -j4)
      12:00:00 start  bc-1.0 (build-4)
      12:00:00 built  zlib-1.3 in 12s, 100 B [15/30]
      12:00:00 FAILED bc-1.0 in build after 1m01s: cc: exit code 1; blocks 3 packages [19/30]
      12:00:00 warning: no isolation"
    `);
  });

  it('say after a long silence what still runs', () => {
    expect(renderHeartbeat(building, noonMs)).toMatchInlineSnapshot(
      `"12:00:00 still building: perl-5.36.0nb1 (build, 3m12s), libffi-3.4.4 (configure, 4s)"`,
    );
  });

  it('say after a long silence how far the scan is', () => {
    const scanning = {
      ...building,
      phase: 'scanning',
      slots: [],
      scan: { done: 4, total: 9, failed: 0 },
    } as const;
    expect(renderHeartbeat(scanning, noonMs)).toBe('12:00:00 still scanning the tree (4 of 9)');
  });
});

describe('the end of a build in one line', () => {
  const tell = (change: Parameters<typeof finish>[0]): string => {
    const event = finish(change);
    return event.kind === 'finished' ? describeFinish(event.summary) : '';
  };

  it('has its time and what was built and failed', () => {
    expect(tell({ counts: { ...noCounts, total: 4, built: 2, failed: 1, blocked: 1 } })).toBe(
      'complete after 10s, 2 of 4 packages built, 1 failed, 1 blocked',
    );
  });

  it('says of one that ended before its plan that nothing had begun', () => {
    expect(tell({ ending: 'stopped', counts: noCounts })).toBe('stopped before any package was begun');
    const error = { code: 'NO_MAKE', message: 'no bmake', hint: '' };
    expect(tell({ ending: 'failed', counts: noCounts, error })).toBe(
      'failed before any package was begun: no bmake',
    );
  });
});
