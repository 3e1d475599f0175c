import type { PackageMetadata } from '../pkgfile.ts';

/** Variables of +BUILD_INFO that go into the summary, in the order in which they stand there. */
const BUILD_INFO_NAMES: ReadonlySet<string> = new Set([
  'PKGPATH',
  'CATEGORIES',
  'PROVIDES',
  'REQUIRES',
  'PKG_OPTIONS',
  'OPSYS',
  'OS_VERSION',
  'MACHINE_ARCH',
  'LICENSE',
  'HOMEPAGE',
  'PKGTOOLS_VERSION',
  'BUILD_DATE',
  'PREV_PKGPATH',
  'SUPERSEDES',
]);

/**
 * The summary of one package: the fields of pkg_summary(5) in the order of `pkg_info -X`, ended by a blank
 * line.
 */
export function formatSummary(files: PackageMetadata, fileName: string, sizeBytes: number): string {
  const lines = [
    ...contentsLines(files.get('+CONTENTS') ?? ''),
    ...textLines('COMMENT', files.get('+COMMENT')),
    ...textLines('SIZE_PKG', files.get('+SIZE_PKG')),
    ...splitLines(files.get('+BUILD_INFO')).filter((line) => BUILD_INFO_NAMES.has(nameOf(line))),
    `FILE_NAME=${fileName}`,
    `FILE_SIZE=${sizeBytes}`,
    ...textLines('DESCRIPTION', files.get('+DESC')),
  ];
  return `${lines.join('\n')}\n\n`;
}

const FIELDS: ReadonlyMap<string, string> = new Map([
  ['@name', 'PKGNAME'],
  ['@pkgdep', 'DEPENDS'],
  ['@pkgcfl', 'CONFLICTS'],
]);

function contentsLines(contents: string): readonly string[] {
  return splitLines(contents).flatMap((line) => {
    const [, word = '', value = ''] = /^(@\S+)\s+(.*\S)\s*$/.exec(line) ?? [];
    const field = FIELDS.get(word);
    return field === undefined ? [] : [`${field}=${value}`];
  });
}

const textLines = (field: string, text: string | undefined): readonly string[] =>
  splitLines(text).map((line) => `${field}=${line}`);

const nameOf = (line: string): string => line.slice(0, Math.max(0, line.indexOf('=')));

/** Lines without their newlines; a blank line in the middle counts, the end of the text does not. */
function splitLines(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return [];
  return text.replace(/\n$/, '').split('\n');
}
