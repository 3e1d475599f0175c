/** The three settings of a pbulk that builds in chroots, as keys of `[sandbox]`; or why they are left out. */
export type ChrootMeaning =
  | { readonly kind: 'none' }
  | { readonly kind: 'script'; readonly create: readonly string[]; readonly remove: readonly string[] }
  | { readonly kind: 'left out'; readonly why: string };

/**
 * What `chroot_create`, `chroot_delete` and `chroot_dir` mean together: pbulk's shell splits the first two at blanks, and
 * uses none of them without the others.
 */
export function mapChroots(variables: ReadonlyMap<string, string>): ChrootMeaning {
  const create = splitWords(variables.get('chroot_create'));
  const remove = splitWords(variables.get('chroot_delete'));
  const dir = variables.get('chroot_dir') ?? '';
  if (create.length === 0 && remove.length === 0) return { kind: 'none' };
  if (create.length === 0 || remove.length === 0 || dir === '') {
    return { kind: 'left out', why: 'only with all of chroot_create, chroot_delete and chroot_dir' };
  }
  const relative = [...create.slice(0, 1), ...remove.slice(0, 1)].find((program) => !isProgram(program));
  if (relative === undefined) return { kind: 'script', create, remove };
  return { kind: 'left out', why: `${JSON.stringify(relative)} is no absolute path of a program` };
}

const splitWords = (text = ''): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

const isProgram = (word: string): boolean =>
  word.startsWith('/') && !word.endsWith('/') && !/\p{Cc}/u.test(word);
