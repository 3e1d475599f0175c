import { type Logger, pino } from 'pino';

/** `json`: NDJSON on standard error. `silent`: nothing (an agent inside `bulkmesh build`, tests). */
export type LogMode = 'json' | 'silent';

/** In-process destination only: a transport's worker thread would not exist in the bundled program. */
export const createLog = (mode: LogMode): Logger =>
  pino(
    { enabled: mode !== 'silent', base: {}, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
