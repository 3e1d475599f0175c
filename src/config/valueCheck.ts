import { type Complaint, isWithin, systemPaths } from './pathCheck.ts';

/** `category/directory`, nothing that could leave the tree or look like an option. */
const pkgpath = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*\/[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;
/** What useradd(8) takes on the systems that we know. */
const account = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;
/** Names that every shell passes on; dash drops any other from the environment without a word. */
const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** A name after a transport that git has built in; never `ext::` and the like, which run a program. */
const remoteUrl = /^(?:https|ssh|file):\/\/[^\s\p{Cc}-][^\s\p{Cc}]*$/u;
/** `user@host:path`, ssh's short form. */
const shortRemote =
  /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9_][A-Za-z0-9_.-]*:[^\s\p{Cc}:-][^\s\p{Cc}]*$/u;
/** What every builder sets for itself, or pkgsrc refuses to see from outside. */
const ownVariables: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LC_ALL', 'TZ', 'PWD', 'OLDPWD', 'IFS'],
  ...['WRKOBJDIR', 'MAKE_JOBS', 'BATCH', 'DEPENDS_TARGET', 'PKG_PATH', 'MAKEFLAGS', 'MAKELEVEL', 'MFLAGS'],
  ...['NATIVE_OPSYS', 'NATIVE_OPSYS_VERSION', 'NATIVE_OS_VERSION', 'PKG_DBDIR', 'PACKAGES', 'DISTDIR'],
]);

/** What is wrong with a PKGPATH. Whether the tree has it is for the scan to say. */
export const checkPkgpath = (text: string): Complaint | undefined =>
  pkgpath.test(text)
    ? undefined
    : { what: `${JSON.stringify(text)} is no PKGPATH`, todo: 'write category/directory, like lang/perl5' };

/** What is wrong with the name of the account for builds. */
export const checkAccount = (text: string): Complaint | undefined => {
  if (text === 'root') {
    return { what: 'builds never run as root', todo: 'name an ordinary account, like pbulk' };
  }
  if (account.test(text)) return undefined;
  return { what: `${JSON.stringify(text)} is no account name`, todo: 'use letters, digits, _ - and .' };
};

/** What is wrong with what people call a host: a word for command lines and tables. */
export const checkHostName = (text: string): Complaint | undefined =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)
    ? undefined
    : {
        what: `${JSON.stringify(text)} is no name for a host`,
        todo: 'use up to 63 letters, digits, . _ and -',
      };

/** What is wrong with a variable for make. */
export const checkVariable = (name: string, value: string): Complaint | undefined => {
  if (!variable.test(name)) {
    return {
      what: 'is no name that goes through the environment',
      todo: 'use letters, digits and _, or set it in mk.conf',
    };
  }
  if (!/[\0\n\r]/.test(value)) return undefined;
  return { what: 'its value has more than one line', todo: 'write it in one line' };
};

/** What is wrong with a directory inside the sandbox that packages own: the prefix, the package database. */
export const checkOwnedDir = (path: string): Complaint | undefined => {
  if (!path.startsWith('/')) {
    return { what: `${JSON.stringify(path)} is not absolute`, todo: 'write the whole path' };
  }
  const kernel = ['/dev', '/proc', '/sys'].some((directory) => isWithin(path, directory));
  if (!systemPaths.has(path) && !kernel) return undefined;
  return {
    what: `${path} belongs to the system`,
    todo: 'give a directory for packages alone, like /usr/pkg',
  };
};

/** What is wrong with the address of published reports. */
export const checkUrl = (text: string): Complaint | undefined => {
  const plain = /^https?:\/\/[^\s\p{Cc}<>"']+$/u.test(text) && URL.canParse(text);
  if (text === '' || plain) return undefined;
  return { what: `${JSON.stringify(text)} is no URL`, todo: 'write it with http:// or https://' };
};

/** What is wrong with a text that ends up in the subject line of a mail. */
export const checkSubject = (text: string): Complaint | undefined =>
  /\p{Cc}/u.test(text) ? { what: 'contains control characters', todo: 'write plain text' } : undefined;

/** What is wrong with the name of a variable that builds get as the agent has it. */
export const checkInherited = (name: string): Complaint | undefined => {
  if (!variable.test(name)) {
    return { what: `${JSON.stringify(name)} is no name of a variable`, todo: 'use letters, digits and _' };
  }
  if (/^(?:LD|DYLD)_/.test(name) || name === 'ENV' || name === 'BASH_ENV') {
    return { what: `${name} changes what every program does`, todo: 'remove it from this list' };
  }
  if (!ownVariables.has(name)) return undefined;
  return { what: `${name} is for bulkmesh or pkgsrc to set`, todo: 'remove it from this list' };
};

/** What is wrong with a shell pattern for files below the work directory. */
export const checkSavePattern = (text: string): Complaint | undefined => {
  const todo = 'write it from the work directory on, like "*/config.log"';
  if (text === '' || /\p{Cc}/u.test(text)) {
    return { what: `${JSON.stringify(text)} is no pattern for names of files`, todo };
  }
  const leaves = text.startsWith('/') || text.startsWith('-') || text.split('/').includes('..');
  return leaves
    ? { what: `${JSON.stringify(text)} does not stay below the work directory`, todo }
    : undefined;
};

/** What is wrong with a program and its arguments. Nothing is run through a shell, so any argument is good. */
export const checkProgram = (argv: readonly string[]): Complaint | undefined => {
  const [program] = argv;
  if (program === undefined) return undefined;
  if (!program.startsWith('/') || program.endsWith('/') || /\p{Cc}/u.test(program)) {
    return {
      what: `${JSON.stringify(program)} is no absolute path of a program`,
      todo: 'write ["/path/of/program", "argument", ...]',
    };
  }
  if (!argv.some((word) => word.includes('\0'))) return undefined;
  return { what: 'has an argument with a NUL in it', todo: 'remove that' };
};

/** What is wrong with the place that git clones from. */
export const checkGitUrl = (text: string): Complaint | undefined => {
  const isPath = text.startsWith('/') && !/\p{Cc}/u.test(text);
  const isRemote = remoteUrl.test(text) && URL.canParse(text);
  if (isPath || isRemote || (shortRemote.test(text) && !text.includes('://'))) return undefined;
  return {
    what: `${JSON.stringify(text)} is nothing that git could safely clone from`,
    todo: 'write https://..., ssh://..., user@host:path, file:///... or an absolute path',
  };
};

/** What is wrong with the name of a branch or tag, by the rules of git-check-ref-format(1). */
export const checkGitBranch = (text: string): Complaint | undefined => {
  const parts = text.split('/');
  const isName =
    !/[\s\p{Cc}~^:?*[\\]|\.\.|@\{/u.test(text) &&
    !text.startsWith('-') &&
    text !== '@' &&
    !text.endsWith('.') &&
    parts.every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
  if (isName) return undefined;
  return {
    what: `${JSON.stringify(text)} is no name of a branch or tag`,
    todo: 'write one like trunk or pkgsrc-2026Q3',
  };
};
