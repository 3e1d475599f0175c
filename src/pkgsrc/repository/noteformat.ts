import { isPkgName, isPkgPath } from '../name.ts';
import type { BuiltWith, FileLook, MadeFrom, PackageNote } from './note.ts';

/** Goes up when notes mean something else; one of another form is as good as none. */
const FORM = 1;

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const SHA512 = /^[0-9a-f]{128}$/;

type Fields = Readonly<Record<string, unknown>>;

/** Something in a note is not what belongs there. */
class BadNote extends Error {
  override readonly name = 'BadNote';
}

/** One line of JSON with its newline. */
export const formatNote = (value: PackageNote): string => `${JSON.stringify({ form: FORM, ...value })}\n`;

/**
 * Undefined for anything but a whole note: cut short, of another form, for another package. Checked by hand: a zod object
 * takes five times as long, and a whole repository has 20,000 notes.
 */
export function parseNote(text: string, wanted: PackageNote['pkgname']): PackageNote | undefined {
  try {
    const fields = readFields(JSON.parse(text));
    return fields.form === FORM && fields.pkgname === wanted ? readNote(fields, wanted) : undefined;
  } catch (error) {
    if (error instanceof BadNote || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readNote(fields: Fields, pkgname: PackageNote['pkgname']): PackageNote {
  const { pkgpath, digest, sha512, sizeBytes, look, summary, noBinOnFtp, made, built } = fields;
  return {
    pkgname,
    pkgpath: pkgpath === undefined ? undefined : readPkgPath(pkgpath),
    digest: readMatch(digest, DIGEST),
    sha512: readMatch(sha512, SHA512),
    sizeBytes: readSize(sizeBytes),
    look: readLook(readFields(look)),
    summary: readText(summary),
    noBinOnFtp: readFlag(noBinOnFtp),
    made: made === undefined ? undefined : readMade(readFields(made)),
    built: built === undefined ? undefined : readBuilt(readFields(built)),
  };
}

const readLook = ({ mtimeMs, ctimeMs, inode }: Fields): FileLook => ({
  mtimeMs: readNumber(mtimeMs),
  ctimeMs: readNumber(ctimeMs),
  inode: readNumber(inode),
});

const readMade = ({ files, buildDepends, options }: Fields): MadeFrom => ({
  files: readList(files).map((file) => {
    const { path, id } = readFields(file);
    return { path: readText(path), id: readText(id) };
  }),
  buildDepends: readList(buildDepends).map(readPkgName),
  options: readText(options),
});

const readBuilt = (fields: Fields): BuiltWith => {
  const { fileDigests, dependDigests, settings, build, host, atMs } = fields;
  return {
    fileDigests: readTexts(fileDigests),
    dependDigests: readTexts(dependDigests),
    settings: readTexts(settings),
    build: readText(build),
    host: readText(host),
    atMs: readNumber(atMs),
  };
};

function readFields(value: unknown): Fields {
  if (isFields(value)) return value;
  throw new BadNote('no object');
}

function readTexts(value: unknown): Readonly<Record<string, string>> {
  if (isFields(value) && isTexts(value)) return value;
  throw new BadNote('no object of texts');
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A key that JSON can hold and an assignment to an object cannot is none of ours. */
function isTexts(fields: Fields): fields is Readonly<Record<string, string>> {
  for (const key in fields) if (typeof fields[key] !== 'string' || key === '__proto__') return false;
  return true;
}

function readList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new BadNote('no list');
}

function readText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new BadNote('no text');
}

function readMatch(value: unknown, form: RegExp): string {
  const text = readText(value);
  if (form.test(text)) return text;
  throw new BadNote('no digest');
}

function readPkgName(value: unknown): PackageNote['pkgname'] {
  const text = readText(value);
  if (isPkgName(text)) return text;
  throw new BadNote('no package name');
}

function readPkgPath(value: unknown): NonNullable<PackageNote['pkgpath']> {
  const text = readText(value);
  if (isPkgPath(text)) return text;
  throw new BadNote('no PKGPATH');
}

function readNumber(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new BadNote('no number');
}

function readSize(value: unknown): number {
  const size = readNumber(value);
  if (size >= 0) return size;
  throw new BadNote('no size');
}

function readFlag(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new BadNote('no flag');
}
