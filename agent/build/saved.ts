import type { BuildId } from '../../src/core/ids.ts';
import { checkPkgPath } from '../../src/pkgsrc/name.ts';
import type { ScanRecord } from '../../src/pkgsrc/package.ts';
import { RecordStream, recordBytes } from '../../src/pkgsrc/record.ts';
import type { Store } from '../../src/store/open.ts';
import type { SurveyResult } from './survey.ts';

/** Keeps what the scan gave, so that a build that is cut short goes on without scanning again. */
export const saveSurvey = (store: Store, build: BuildId, survey: SurveyResult): Promise<void> =>
  store.saveScan(build, { records: listPieces(survey.records), failures: survey.failures });

function* listPieces(records: readonly ScanRecord[]): Generator<Uint8Array> {
  for (const record of records) yield recordBytes(record);
}

/** Undefined when the build never got as far as a scan. */
export const loadSurvey = async (store: Store, build: BuildId): Promise<SurveyResult | undefined> => {
  const saved = store.loadScan(build);
  if (saved === undefined) return undefined;
  const stream = new RecordStream({ kind: 'file', path: store.file });
  for await (const piece of saved.records) stream.push(piece);
  return {
    records: stream.end().records,
    failures: saved.failures.map((failure) => ({ ...failure, pkgpath: checkPkgPath(failure.pkgpath) })),
  };
};
