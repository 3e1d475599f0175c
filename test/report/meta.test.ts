import { describe, expect, it } from 'vitest';
import type { Piece } from '../../src/report/files.ts';
import {
  renderError,
  renderPbuild,
  renderPresolve,
  renderPscan,
  renderReport,
  renderStatus,
  renderSuccess,
} from '../../src/report/meta.ts';
import { deriveOutcomes } from '../../src/report/outcomes.ts';
import { everyStanding, makeInput } from './fixture.ts';

describe('pbulk’s meta files', () => {
  const input = everyStanding();
  const outcomes = deriveOutcomes(input);

  it.each([
    ['pscan', () => join(renderPscan(input))],
    ['presolve', () => join(renderPresolve(input))],
    ['report', () => join(renderReport(input, outcomes))],
    ['success', () => renderSuccess(outcomes)],
    ['error', () => renderError(outcomes)],
    ['pbuild', () => renderPbuild(outcomes)],
    ['status', () => renderStatus(input)],
  ])('%s has pbulk’s format', async (name, render) => {
    await expect(render()).toMatchFileSnapshot(`golden/${name}`);
  });

  it('gives each record of report its own depth and status', () => {
    const records = join(renderReport(input, outcomes)).split(/(?=^PKGNAME=)/m);
    expect(records).toHaveLength(input.resolution.packages.length);
    for (const [index, record] of records.entries()) {
      const pkg = outcomes.packages[index];
      expect(record.startsWith(`PKGNAME=${pkg?.record.pkgname}\n`)).toBe(true);
      expect(record.match(/^BUILD_STATUS=/gm)).toHaveLength(1);
      expect(record).toContain(`\nPKG_DEPTH=${(pkg?.breaks ?? -1) + 1}\n`);
    }
  });

  it('is empty, not broken, for an empty tree', () => {
    const empty = makeInput([]);
    expect(join(renderReport(empty, deriveOutcomes(empty)))).toBe('');
    expect(renderPbuild(deriveOutcomes(empty))).toBe('');
  });

  it('keeps status at one line a key whatever make says of the compiler', () => {
    const platform = { ...input.platform, compiler: 'gcc\nBASE_URL=http://evil' };
    expect(renderStatus({ ...input, platform }).match(/^BASE_URL=.*$/gm)).toEqual(['BASE_URL=']);
  });
});

function join(pieces: Iterable<Piece>): string {
  return [...pieces]
    .map((piece) => (typeof piece === 'string' ? piece : Buffer.from(piece).toString()))
    .join('');
}
