import type { WatchVerdict } from '../../../core/watchdog/watch.ts';
import type { StageFailure } from '../run.ts';

const LINE_CHARS_MAX = 160;

/**
 * What a broken rule means for the package. One that hangs may do so for the host's sake: it is tried again. One that
 * prints without end does so anywhere.
 */
export function judgeVerdict(label: string, { rule, words }: WatchVerdict): StageFailure {
  switch (rule) {
    case 'silence':
    case 'total':
      return { kind: 'trouble', trouble: 'timeout', detail: `${label}: ${words}` };
    case 'flood':
    case 'repeats':
      return { kind: 'failed', reason: `${label} ${words}` };
  }
}

/** The last line of a log, made fit for one line of a terminal. */
export function quoteLast(logTail: string): string {
  const lines = logTail.split('\n').map((line) => line.replaceAll(/\p{Cc}+/gu, ' ').trim());
  const last = lines.findLast((line) => line !== '');
  return last === undefined ? ', nothing printed' : `, last line: ${last.slice(0, LINE_CHARS_MAX)}`;
}
