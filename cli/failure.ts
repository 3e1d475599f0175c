import { CommanderError } from 'commander';
import { BulkmeshError, messageOf } from '../src/errors.ts';
import { escapeText } from './ui/escape.ts';

/** The exit codes of every command. */
export const exitCodes = {
  ok: 0,
  /** The command did its work, and what it found is not all well: packages failed, something is missing. */
  unwell: 1,
  /** Usage, configuration, or trouble of the host. */
  trouble: 2,
  interrupted: 130,
} as const;

/**
 * What is said about an error and the exit code that goes with it; nothing where it has been said already.
 */
export interface FailureMessage {
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/**
 * Turns whatever a command threw into a message for a person: what and where on the first line, what to do on
 * the next. The stack comes only with `debug`.
 */
export function explainFailure(error: unknown, debug: boolean): FailureMessage {
  if (error instanceof CommanderError) {
    return { lines: [], exitCode: error.exitCode === 0 ? exitCodes.ok : exitCodes.trouble };
  }
  const stack = debug && error instanceof Error && error.stack !== undefined ? [error.stack] : [];
  if (error instanceof BulkmeshError) {
    const hint = error.hint === '' ? [] : [`  ${escapeText(error.hint)}`];
    return {
      lines: [`bulkmesh: ${escapeText(error.message)}`, ...hint, ...stack],
      exitCode: exitCodes.trouble,
    };
  }
  const text = messageOf(error);
  const advice = debug
    ? []
    : ['  This may be a bug of bulkmesh: BULKMESH_DEBUG=1 shows where it comes from.'];
  return {
    lines: [`bulkmesh: unexpected error: ${escapeText(text)}`, ...advice, ...stack],
    exitCode: exitCodes.trouble,
  };
}
