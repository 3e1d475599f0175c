import { z } from 'zod';
import { isPkgName, isPkgPath } from '../name.ts';
import type { PackageNote } from './note.ts';

/** Goes up when notes mean something else; one of another form is as good as none. */
const FORM = 1;

const pkgname = z.custom<PackageNote['pkgname']>((value) => typeof value === 'string' && isPkgName(value));
const pkgpath = z.custom<NonNullable<PackageNote['pkgpath']>>(
  (value) => typeof value === 'string' && isPkgPath(value),
);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const words = z.record(z.string(), z.string());

const note = z.object({
  form: z.literal(FORM),
  pkgname,
  pkgpath: pkgpath.optional(),
  digest,
  sha512: z.string().regex(/^[0-9a-f]{128}$/),
  sizeBytes: z.number().nonnegative(),
  look: z.object({ mtimeMs: z.number(), ctimeMs: z.number(), inode: z.number() }),
  summary: z.string(),
  noBinOnFtp: z.boolean(),
  made: z
    .object({
      files: z.array(z.object({ path: z.string(), id: z.string() })),
      buildDepends: z.array(pkgname),
      options: z.string(),
    })
    .optional(),
  built: z
    .object({
      fileDigests: words,
      dependDigests: words,
      settings: words,
      build: z.string(),
      host: z.string(),
      atMs: z.number(),
    })
    .optional(),
});

/** One line of JSON with its newline. */
export const formatNote = (value: PackageNote): string => `${JSON.stringify({ form: FORM, ...value })}\n`;

/** Undefined for anything but a whole note: cut short, of another form, for another package. */
export function parseNote(text: string, wanted: PackageNote['pkgname']): PackageNote | undefined {
  const checked = note.safeParse(parseJson(text));
  if (!checked.success || checked.data.pkgname !== wanted) return undefined;
  const { form: _, ...rest } = checked.data;
  return { ...rest, pkgpath: rest.pkgpath, made: rest.made, built: rest.built };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
