import { type Complaint, isWithin, systemPaths } from './pathCheck.ts';

/** `category/directory`, nothing that could leave the tree or look like an option. */
const pkgpath = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*\/[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;
/** What useradd(8) takes on the systems that we know. */
const account = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;
/** Names that every shell passes on; dash drops any other from the environment without a word. */
const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;

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
