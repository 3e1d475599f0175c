import { describe, expect, it } from 'vitest';
import type { BuildSummary } from '../../../agent/control/protocol.ts';
import { renderSummary } from '../../../cli/ui/summary.ts';
import { bare, noCounts } from './samples.ts';

const summary: BuildSummary = {
  build: '20261123T104800Z-abc123',
  ending: 'complete',
  error: undefined,
  counts: { ...noCounts, total: 32, built: 26, failed: 1, blocked: 3, masked: 2 },
  scanFailures: 1,
  unresolved: 0,
  makespanMs: 150_000,
  lowerBoundMs: 100_000,
  slotSeconds: { busy: 240, sandbox: 15, starved: 45, stopped: 0 },
  files: {
    reportText: '/content/bulklog/meta/report.txt',
    reportHtml: '/content/bulklog/meta/report.html',
    reportJson: '/content/bulklog/meta/report.json',
    logs: '/content/bulklog',
    packages: '/content/packages',
  },
};
const failed = [{ pkg: 'bc-1.0', stage: 'build', reason: 'cc: exit code 1' }];

describe('the summary of a build', () => {
  it('has counts, time beside its lower bound, where slot time went, files, failures and what to do next', () => {
    expect(renderSummary(summary, failed, bare).join('\n')).toMatchInlineSnapshot(`
      "
      Build complete: 26 of 32 packages built, 1 failed, 3 blocked by a failure, 2 not to build (masked or unresolved).
      The scan of 1 package path failed: the report says why.
        time      2m30s, 1.50 times the 1m40s that no order on these slots can beat
        slots     80% building
                   5% making and cleaning sandboxes
                  15% idle because no package was ready

      Failed:
        bc-1.0 in build: cc: exit code 1
          /content/bulklog/bc-1.0/build.log

        report    /content/bulklog/meta/report.txt
                  /content/bulklog/meta/report.html
        logs      /content/bulklog
        packages  /content/packages

      Next: "bulkmesh log bc-1.0" shows why; when it is mended, "bulkmesh build" again."
    `);
  });

  it('says how a stopped build goes on', () => {
    const counts = { ...noCounts, total: 5, built: 2, ready: 1, waiting: 2 };
    const text = renderSummary({ ...summary, ending: 'stopped', counts }, [], bare).join('\n');
    expect(text).toContain('Build stopped: 2 of 5 packages built, 3 left.');
    expect(text).toContain('"bulkmesh build" goes on');
  });

  it('names at most twenty failures', () => {
    const many = Array.from({ length: 23 }, (_, i) => ({ pkg: `p-${i}`, stage: 'build', reason: '' }));
    expect(renderSummary(summary, many, bare)).toContain('  and 3 more, in the report');
  });
});
