import type { Resolution } from './package.ts';
import { writePieces } from './piecefile.ts';
import { recordBytes } from './record.ts';

const FAIL_LINE = Buffer.from('\nPKG_FAIL_REASON=');

/**
 * The resolution in pbulk's presolve format: each record as it was printed, then its DEPENDS line. A package that could
 * not be resolved has the reason as its PKG_FAIL_REASON and no DEPENDS line, so that a reader cannot take it for one
 * without dependencies.
 */
export function* presolvePieces(resolution: Resolution): Generator<Buffer | string> {
  const names = resolution.packages.map(({ record }) => record.pkgname);
  for (const pkg of resolution.packages) {
    const bytes = recordBytes(pkg.record);
    if (pkg.state.kind === 'unresolved') {
      yield* withFailReason(bytes, pkg.state.reason);
    } else {
      yield bytes;
      if (pkg.depends.length > 0) yield dependsLine(pkg.depends, names);
    }
  }
}

/** Writes `presolvePieces`; `.zst` compresses. Whole or not at all. Throws `BulkmeshError` FILE_UNWRITABLE. */
export async function writePresolve(path: string, resolution: Resolution): Promise<void> {
  await writePieces(path, presolvePieces(resolution));
}

function dependsLine(depends: readonly number[], names: readonly string[]): string {
  let line = 'DEPENDS=';
  for (let at = 0; at < depends.length; at += 1) {
    if (at > 0) line += ' ';
    line += names[depends[at] ?? -1] ?? '';
  }
  return `${line}\n`;
}

/** The record's own fail reason is empty: with one it would be masked, not unresolved. */
function withFailReason(bytes: Buffer, reason: string): readonly Buffer[] {
  const found = bytes.indexOf(FAIL_LINE);
  const line = found < 0 ? bytes.length : found + 1;
  const next = found < 0 ? bytes.length : bytes.indexOf('\n', line) + 1;
  return [bytes.subarray(0, line), Buffer.from(`PKG_FAIL_REASON="${reason}"\n`), bytes.subarray(next)];
}
