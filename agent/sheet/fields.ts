import { isAbsolute, normalize } from 'node:path';
import { z } from 'zod';
import { parseSha256, type Sha256 } from '../../src/artefacts/sha256.ts';
import { checkPathText, systemPaths } from '../../src/config/pathCheck.ts';

/** What the fields of a sheet may be at most: far above what any build has, and far below what a host could choke on. */
const textMax = 65_536;
const blobBytesMax = 2 ** 40;
const numberMax = 1e12;

export const textSchema = z.string().max(textMax);
export const lineSchema = textSchema.refine((text) => !/\p{Cc}/u.test(text));
export const countSchema = z.int().min(0).max(numberMax);
export const amountSchema = z.number().min(0).max(numberMax);
export const listOf = <Output>(schema: z.ZodType<Output>) => z.array(schema).max(4_096);

const isSha256 = (value: unknown): value is Sha256 =>
  typeof value === 'string' && parseSha256(value) !== undefined;
export const sha256Schema = z.custom<Sha256>(isSha256);
export const blobSchema = z.object({ sha256: sha256Schema, sizeBytes: z.int().min(0).max(blobBytesMax) });

/** A path that a sandbox can mount, in shortest form, and none of the kernel's. */
export const pathSchema = lineSchema.refine(
  (path) =>
    isAbsolute(path) &&
    normalize(path) === path &&
    checkPathText(path) === undefined &&
    !/^\/(?:(?:proc|sys|dev)(?:\/|$)|$)/.test(path),
);
/** The same, and none of those that a system needs as they are. */
export const placeSchema = pathSchema.refine((path) => !systemPaths.has(path));

/** Variables of make's environment. */
export const variablesSchema = z
  .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.]*$/), textSchema.regex(/^[^\0]*$/))
  .refine((variables) => Object.keys(variables).length <= 4_096);
