import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { BulkmeshError } from '../../errors.ts';
import type { Sandbox } from '../../sandbox/driver.ts';
import { lastLine } from '../environment.ts';
import { type MakeEnvironment, makeCommand } from '../make.ts';
import type { PkgPath, ScanFailure, ScanRecord } from '../package.ts';
import { parseRecords } from '../record.ts';

/** What the index of one PKGPATH gave: its records, or why there are none. */
export type PathIndex =
  | { readonly kind: 'indexed'; readonly records: readonly ScanRecord[] }
  | { readonly kind: 'failed'; readonly failure: ScanFailure };

export interface IndexRequest {
  readonly sandbox: Sandbox;
  readonly environment: MakeEnvironment;
  /** Dependency words that many records share, each held once: one table for all paths of a scan. */
  readonly words: Map<string, string>;
  readonly signal: AbortSignal;
}

/** The largest known path prints some 200 kB a variant, and nine variants. */
const INDEX_BYTES = 16 << 20;

/**
 * Runs `make pbulk-index` in one package directory. Whatever goes wrong is of this path alone: exit code,
 * signal, a malformed record, none at all. Throws the reason of the signal, and `BulkmeshError` SCAN_TROUBLE
 * when the sandbox runs nothing: then no path is to blame.
 */
export async function indexPath(request: IndexRequest, pkgpath: PkgPath): Promise<PathIndex> {
  const { environment, sandbox, signal } = request;
  const fail = (reason: string, detail: string): PathIndex => {
    return { kind: 'failed', failure: { pkgpath, reason, detail } };
  };
  if (!(await hasMakefile(environment.pkgsrc, pkgpath)))
    return fail('there is no such package in the tree', '');
  const result = await sandbox.run(
    makeCommand(environment, {
      dir: pkgpath,
      targets: ['pbulk-index'],
      output: { kind: 'capture', maxBytes: INDEX_BYTES },
      signal,
    }),
  );
  signal.throwIfAborted();
  if (result.kind === 'trouble') {
    throw new BulkmeshError('SCAN_TROUBLE', `The scan of ${pkgpath} could not be run: ${result.detail}`, {
      hint: 'This is trouble of the host or of the sandbox, not of the package: see bulkmesh doctor.',
    });
  }
  if (result.kind !== 'exited') return fail(`make pbulk-index: ${lastLine(result)}`, '');
  if (result.code !== 0) return fail(`make pbulk-index: ${lastLine(result)}`, result.stderr);
  const printed = Buffer.from(result.stdout);
  // Text cut in the middle of a character is as long as what was captured, or longer.
  if (printed.length >= INDEX_BYTES) return fail('make pbulk-index prints without end', result.stderr);
  const { records, malformed } = parseRecords(printed, { kind: 'path', pkgpath }, request.words);
  const [first] = malformed;
  if (first !== undefined) return fail(`${first.where}, line ${first.line}: ${first.reason}`, result.stderr);
  if (records.length === 0) return fail('make pbulk-index printed no record', result.stderr);
  return { kind: 'indexed', records };
}

/** True when the tree, seen from outside, has a package at this path. */
export const hasMakefile = (pkgsrc: string, pkgpath: PkgPath): Promise<boolean> =>
  access(join(pkgsrc, pkgpath, 'Makefile')).then(
    () => true,
    () => false,
  );
