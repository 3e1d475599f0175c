import { z } from 'zod';
import { makeToken, parseToken, type Token } from '../core/ids.ts';

/** A value in a row that is not what the column should hold. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

/**
 * Reads the values of one row, given as an array, one after the other. For the tables with a row per
 * package: a zod object with its transforms takes five times as long, and a resume reads 30,000 of them.
 */
export class RowReader {
  readonly #values: readonly unknown[];
  #next = 0;

  /** @throws {BadValue} when `row` is no array. */
  constructor(row: unknown) {
    if (!Array.isArray(row)) throw new BadValue('no row');
    this.#values = row;
  }

  /** @throws {BadValue} */
  text(column: string): string {
    const value = this.#values[this.#next++];
    if (typeof value !== 'string') throw new BadValue(`${column}: no text`);
    return value;
  }

  /** @throws {BadValue} */
  number(column: string): number {
    const value = this.#values[this.#next++];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new BadValue(`${column}: no number`);
    return value;
  }

  /** @throws {BadValue} */
  bytes(column: string): Uint8Array {
    const value = this.#values[this.#next++];
    if (!(value instanceof Uint8Array)) throw new BadValue(`${column}: no bytes`);
    return value;
  }

  /** @throws {BadValue} */
  token(column: string): Token {
    const token = readToken(this.text(column));
    if (token === undefined) throw new BadValue(`${column}: no token`);
    return token;
  }

  /** A column that holds JSON of the shape `schema`. Throws BadValue or the ZodError. */
  json<T>(column: string, schema: z.ZodType<T>): T {
    const text = this.text(column);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new BadValue(`${column}: no JSON`);
    }
    const checked = schema.safeParse(value);
    if (checked.success) return checked.data;
    throw new BadValue(`${column}.${describeIssue(checked.error)}`);
  }
}

/** The first issue in one line: `path: what`. */
export const describeIssue = (error: z.ZodError): string => {
  const issue = error.issues[0];
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`;
};

/** A token exactly as `makeToken` writes it; undefined for any other text. */
const readToken = (text: string): Token | undefined => {
  const parts = parseToken(text);
  if (parts === undefined) return undefined;
  const { n, host, incarnation, boot, sequence, hop } = parts;
  const token = makeToken({ n, life: { host, incarnation, boot } }, sequence, hop);
  return token === text ? token : undefined;
};

/** The same for a zod object. */
export const tokenColumn: z.ZodType<Token> = z.string().transform((text, context) => {
  const token = readToken(text);
  if (token !== undefined) return token;
  context.addIssue({ code: 'custom', message: 'no token' });
  return z.NEVER;
});
