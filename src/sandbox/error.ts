import { BulkmeshError } from '../errors.ts';

/**
 * Trouble of this host's sandboxes: a mount, a process or a directory that would not come or go. Never the fault
 * of a package. Codes: SANDBOX_NAME, SANDBOX_SPEC, SANDBOX_PREPARE, SANDBOX_DESTROY, SANDBOX_REMOVE,
 * SANDBOX_NO_ROOT, SANDBOX_UNSUPPORTED, SANDBOX_FOREIGN_DIR, SANDBOX_BUSY, SANDBOX_LATE.
 */
export class SandboxError extends BulkmeshError {}

/** Node's error code (`ENOENT`), or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
