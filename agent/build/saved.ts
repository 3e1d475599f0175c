import type { BuildId } from '../../src/core/ids.ts';
import type { PkgPath } from '../../src/pkgsrc/package.ts';
import { RecordStream, recordBytes } from '../../src/pkgsrc/record.ts';
import type { Store } from '../../src/store/open.ts';
import type { SurveyResult } from './survey.ts';

/** Keeps what the scan gave, so that a build that is cut short goes on without scanning again. */
export const saveSurvey = (store: Store, build: BuildId, survey: SurveyResult): Promise<void> =>
  store.saveResolution(build, {
    presolve: Buffer.concat(survey.records.map(recordBytes)),
    scanFailures: survey.failures,
  });

/** Undefined when the build never got as far as a scan. */
export const loadSurvey = async (store: Store, build: BuildId): Promise<SurveyResult | undefined> => {
  const saved = await store.loadResolution(build);
  if (saved === undefined) return undefined;
  const stream = new RecordStream({ kind: 'file', path: store.file });
  stream.push(saved.presolve);
  return {
    records: stream.end().records,
    failures: saved.scanFailures.map((failure) => ({ ...failure, pkgpath: failure.pkgpath as PkgPath })),
  };
};
