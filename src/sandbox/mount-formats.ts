/** One mount, as a system's own table has it. What a system does not tell is empty. */
export interface MountEntry {
  readonly target: string;
  /** Path of the mounted directory within its file system. */
  readonly root: string;
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly superOptions: string;
  /** Whether what is mounted or unmounted below it shows at other mounts as well. */
  readonly isShared: boolean;
}

/** Linux: `proc(5)` mountinfo. */
export function parseMountinfo(text: string): readonly MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [front, back] = line.split(' - ');
    if (front === undefined || back === undefined) return [];
    const [, , , root = '', target = '', options = '', ...tags] = front.split(' ');
    const [type = '', source = '', superOptions = ''] = back.split(' ');
    return [
      {
        target: decodeOctal(target),
        root: decodeOctal(root),
        options: options.split(','),
        type,
        source,
        superOptions,
        isShared: tags.some((tag) => tag.startsWith('shared:')),
      },
    ];
  });
}

/** illumos: mnttab(5), fields between tabs, special characters in octal. */
export function parseMnttab(text: string): readonly MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [source, target, type = '', options = ''] = line.split('\t');
    if (source === undefined || target === undefined || !target.startsWith('/')) return [];
    return [plainEntry(decodeOctal(source), decodeOctal(target), type, options.split(','))];
  });
}

/** NetBSD and OpenBSD: mount(8) without arguments, `SOURCE on TARGET type TYPE (options)`. */
export function parseMountTyped(text: string): readonly MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, source, target, type = '', options = ''] =
      /^(.+?) on (\/.*) type (\S+)(?: \(([^()]*)\))?$/.exec(line) ?? [];
    if (source === undefined || target === undefined) return [];
    return [plainEntry(source, target, type, splitWords(options))];
  });
}

/** FreeBSD and macOS: mount(8) without arguments, `SOURCE on TARGET (TYPE, options)`. */
export function parseMountListed(text: string): readonly MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, source, target, words = ''] = /^(.+?) on (\/.*) \(([^()]*)\)$/.exec(line) ?? [];
    if (source === undefined || target === undefined) return [];
    const [type = '', ...options] = splitWords(words);
    return [plainEntry(source, target, type, options)];
  });
}

function plainEntry(source: string, target: string, type: string, words: readonly string[]): MountEntry {
  // BSD's word is turned into the one that the others use.
  const options = words.map((word) => (word === 'read-only' ? 'ro' : word));
  return { target, root: '', options, type, source, superOptions: '', isShared: false };
}

function splitWords(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map((word) => word.trim());
}

function decodeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
