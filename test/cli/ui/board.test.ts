import { describe, expect, it } from 'vitest';
import { renderBoard } from '../../../cli/ui/board.ts';
import { measureText } from '../../../cli/ui/text.ts';
import { ascii, bare, building, noCounts, noonMs, quietSlot, runningSlot } from './samples.ts';

const draw = (snapshot = building, width = 80, rows = 20, look = bare): string =>
  renderBoard(snapshot, { ...look, width, rows }, noonMs).join('\n');

describe('the board', () => {
  it('shows each slot with package, stage, time and jobs, then the bar, the counts and the predicted end', () => {
    expect(draw()).toMatchInlineSnapshot(`
      "building  20261123T104800Z-abc123                                         12m00s
      build-1   perl-5.36.0nb1                            build             3m12s  -j4
      build-2   libffi-3.4.4                              configure            4s  -j4
      build-3   idle
      build-10  cleaning
      ━━━━━━━━━━━━━━━━━━━━━──────────────────────────  47%  14/30  ends ~12:31, in 31m
      11 built  1 failed  2 blocked  2 running  4 ready  10 waiting  2 not to build"
    `);
  });

  it('says in a line of its own why nothing starts, with nothing in it that a terminal could take for an order', () => {
    const lines = draw({ ...building, waiting: 'nothing starts: disk 1 % free\u001b[2J' }).split('\n');
    expect(lines).toHaveLength(draw().split('\n').length + 1);
    expect(lines.at(-3)).toMatch(/^nothing starts: disk 1 % free/);
    expect(lines.join('')).not.toContain('\u001b[2J');
  });

  it('draws with ASCII alone where the terminal knows no more', () => {
    expect(draw(building, 80, 20, ascii)).toMatchInlineSnapshot(`
      "building  20261123T104800Z-abc123                                         12m00s
      build-1   perl-5.36.0nb1                            build             3m12s  -j4
      build-2   libffi-3.4.4                              configure            4s  -j4
      build-3   idle
      build-10  cleaning
      [################xxxxx------------------------]  47%  14/30  ends ~12:31, in 31m
      11 built  1 failed  2 blocked  2 running  4 ready  10 waiting  2 not to build"
    `);
  });

  it('gives up columns, not lines, on a narrow terminal', () => {
    expect(draw(building, 40)).toMatchInlineSnapshot(`
      "building                          12m00s
      build-1   perl-5.36.0nb1           3m12s
      build-2   libffi-3.4.4                4s
      build-3   idle
      build-10  cleaning
      47%  14/30  ends ~12:31, in 31m
      11 built  1 failed  2 blocked  2 runnin…"
    `);
  });

  it('shows how far the scan is before there are packages', () => {
    const scanning = {
      ...building,
      phase: 'scanning',
      counts: undefined,
      predictedEndMs: undefined,
      scan: { done: 1200, total: 29_022, failed: 3 },
      slots: [],
    } as const;
    expect(draw(scanning)).toMatchInlineSnapshot(`
      "scanning the tree  20261123T104800Z-abc123                                12m00s
      ━━─────────────────────────────────────────────────   4%  1,200/29,022  3 failed"
    `);
  });

  it('shows the scan only while it goes on', () => {
    const early = { ...building, counts: undefined, predictedEndMs: undefined, slots: [] };
    expect(draw(early)).toBe(
      'building  20261123T104800Z-abc123                                         12m00s',
    );
  });

  it('predicts no end before three packages, or one in twenty, have ended', () => {
    const at = (total: number, built: number, failed: number): string =>
      draw({ ...building, counts: { ...noCounts, total, built, failed, waiting: total - built - failed } });
    expect(at(100, 2, 0)).not.toContain('ends');
    expect(at(100, 2, 1)).toContain('ends ~12:31');
    expect(at(20, 1, 0)).toContain('ends ~12:31');
    expect(at(2, 0, 0)).not.toContain('ends');
  });

  it('has no progress to show, and no blanks, when nothing goes on', () => {
    expect(draw({ ...building, phase: 'idle', startedAtMs: undefined, slots: [] })).toBe('idle');
  });

  it('says that the build is being stopped', () => {
    expect(draw({ ...building, stopping: 'drain' }).split('\n')[0]).toContain(
      'stopping: what runs may finish',
    );
  });

  it('keeps the running slots and counts the others when there are more slots than rows', () => {
    const slots = [
      ...Array.from({ length: 12 }, (_, i) => quietSlot(`build-${i + 1}`, 'ready')),
      runningSlot('build-13', 'gcc-14.2', 'build', 4000),
    ];
    const lines = draw({ ...building, slots }, 80, 8).split('\n');
    expect(lines).toHaveLength(8);
    expect(lines.join('\n')).toContain('gcc-14.2');
    expect(lines).toContain('and 9 more slots');
  });

  it('never draws a line wider than the terminal, whatever the names are', () => {
    const slots = [
      runningSlot('build-1', 'x'.repeat(300), 'y'.repeat(90), 10 ** 9),
      runningSlot('build-2', '漢字'.repeat(50), '\x1b[2Jevil', 1),
      quietSlot('build-3', 'retired'),
    ];
    for (const look of [bare, ascii, { colour: true, unicode: true }]) {
      for (let width = 1; width < 140; width += 1) {
        for (const line of renderBoard({ ...building, slots }, { ...look, width, rows: 20 }, noonMs)) {
          const visible = line.replace(/\x1b\[[0-9;]*m/g, '');
          expect(measureText(visible)).toBeLessThanOrEqual(width);
          expect(visible).not.toContain('\x1b');
        }
      }
    }
  });
});
