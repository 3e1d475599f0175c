/**
 * An operating error: what happened, where, and what to do about it. Made in shells, shown to the user as one
 * message; a command line that meets one ends with exit code 2.
 */
export class BulkmeshError extends Error {
  override readonly name = 'BulkmeshError';
  /** Stable, for scripts and tests: `CONFIG_UNKNOWN_KEY`. */
  readonly code: string;
  /** What to do about it, as a sentence; empty when there is nothing to say. */
  readonly hint: string;

  constructor(
    code: string,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? '';
  }
}

/** What an error says, for a log or a message. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
