import { describe, expect, it } from 'vitest';
import type { BuildSummary } from '../../../agent/control/protocol.ts';
import { type EndedBuild, renderSummary } from '../../../cli/ui/summary.ts';
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
const plainly = { config: [], pkgpaths: [] };
const early: Partial<BuildSummary> = {
  ending: 'stopped',
  counts: noCounts,
  scanFailures: 0,
  makespanMs: 0,
  lowerBoundMs: 0,
  slotSeconds: { busy: 0, sandbox: 0, starved: 0, stopped: 0 },
  files: { ...summary.files, reportText: '', reportHtml: '', reportJson: '' },
};

const render = (change: Partial<BuildSummary>, rest: Partial<EndedBuild> = {}): string => {
  const ended = { summary: { ...summary, ...change }, failures: [], resumed: false, asked: plainly, ...rest };
  return renderSummary(ended, bare).join('\n');
};

describe('the summary of a build', () => {
  it('has counts, time beside its lower bound, where slot time went, files, failures and what to do next', () => {
    expect(render({}, { failures: failed })).toMatchInlineSnapshot(`
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
    const text = render({ ending: 'stopped', counts, scanFailures: 0 });
    expect(text).toContain('Build stopped: 2 of 5 packages built, 3 left.');
    expect(text).toContain('"bulkmesh build" goes on where this one stopped.');
  });

  it('says that a stopped build does not try again what failed in it', () => {
    const next =
      '"bulkmesh build" goes on where this one stopped; what failed is not tried again (--fresh for that).';
    const counts = { ...noCounts, total: 5, failed: 1, ready: 1, waiting: 3 };
    expect(render({ ending: 'stopped', counts, scanFailures: 0 })).toContain(next);
    expect(render({ ending: 'stopped', counts: { ...counts, failed: 0 } })).toContain(next);
  });

  it('names at most twenty failures', () => {
    const many = Array.from({ length: 23 }, (_, i) => ({ pkg: `p-${i}`, stage: 'build', reason: '' }));
    expect(render({}, { failures: many })).toContain('\n  and 3 more, in the report\n');
  });

  it('has no bound beside the time of a build that built nothing', () => {
    expect(render({ makespanMs: 4000, lowerBoundMs: 0 })).toContain('\n  time      4s\n');
  });

  it('says of a build that was stopped before its plan that nothing had been built, and names no report', () => {
    expect(render(early)).toMatchInlineSnapshot(`
      "
      Build stopped before it began to build packages.

        logs      /content/bulklog
        packages  /content/packages

      Next: "bulkmesh build" starts from the beginning: nothing had been built yet."
    `);
  });

  it('says of a build that went on and was stopped before it built that it goes on again', () => {
    const text = render(early, { resumed: true });
    expect(text).toContain('Next: "bulkmesh build" goes on where this one stopped.');
    expect(text).not.toContain('nothing had been built');
  });
});

describe('what to do next', () => {
  const stopped = {
    ending: 'stopped',
    counts: { ...noCounts, total: 3, ready: 3 },
    scanFailures: 0,
  } as const;
  const next = (asked: EndedBuild['asked'], change: Partial<BuildSummary> = stopped): string =>
    render(change, { failures: failed, asked }).split('\n').at(-1) ?? '';

  it('repeats the package paths and the configuration of the command line', () => {
    expect(next({ config: ['-c', 'my.toml'], pkgpaths: ['math/bc', 'devel/zlib'] })).toBe(
      'Next: "bulkmesh -c my.toml build math/bc devel/zlib" goes on where this one stopped.',
    );
    expect(next({ config: ['-c', 'my.toml'], pkgpaths: ['math/bc'] }, {})).toBe(
      'Next: "bulkmesh -c my.toml log bc-1.0" shows why; ' +
        'when it is mended, "bulkmesh -c my.toml build math/bc" again.',
    );
  });

  it('does not repeat more than eight package paths', () => {
    const pkgpaths = Array.from({ length: 9 }, (_, i) => `math/p${i}`);
    expect(next({ config: [], pkgpaths })).toBe(
      'Next: "bulkmesh build" with the same packages goes on where this one stopped.',
    );
    expect(next({ config: [], pkgpaths: pkgpaths.slice(1) })).toContain('math/p7 math/p8" goes on');
  });

  it('quotes a configuration whose name a shell would take apart', () => {
    expect(next({ config: ['-c', "it's mine.toml"], pkgpaths: [] })).toContain(
      `"bulkmesh -c 'it'\\''s mine.toml' build" goes on`,
    );
  });
});
