import { BulkmeshError } from '../../errors.ts';
import type { Answer } from './orders.ts';

/**
 * The answer, when it is of one of these kinds.
 * @throws {BulkmeshError} ARTEFACT_DISK_FULL, ARTEFACT_NOT_A_FILE, ARTEFACT_IO for what could not be done.
 */
export const expectAnswer = <Kind extends Answer['kind']>(
  answer: Answer,
  ...kinds: readonly Kind[]
): Extract<Answer, { readonly kind: Kind }> => {
  if (isOneOf(answer, kinds)) return answer;
  if (answer.kind === 'failed') throw explainFailure(answer);
  throw new TypeError(`a thread answers '${answer.kind}' where ${kinds.join(' or ')} is due`);
};

const isOneOf = <Kind extends Answer['kind']>(
  answer: Answer,
  kinds: readonly Kind[],
): answer is Extract<Answer, { readonly kind: Kind }> => kinds.some((kind) => kind === answer.kind);

/** What a thread could not do, as an error for a person. */
const explainFailure = ({ code, message }: Extract<Answer, { readonly kind: 'failed' }>): BulkmeshError => {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new BulkmeshError('ARTEFACT_DISK_FULL', `no room for a file: ${message}`, {
        hint: 'make room on the disk of the state directory',
      });
    case 'ENOTFILE':
    case 'ELOOP':
    case 'EODD':
      return new BulkmeshError('ARTEFACT_NOT_A_FILE', message);
    default:
      return new BulkmeshError('ARTEFACT_IO', message, { hint: `the file system says ${code}` });
  }
};
