import { z } from 'zod';

/** Whether a buildable package is built, and why; decided before anything is. */
export type Verdict =
  /** As it was built earlier, and nothing it was made from has changed. */
  { readonly kind: 'kept' } | { readonly kind: 'build'; readonly reasons: readonly Reason[] };

/** Names are PKGNAMEs, paths are paths within the tree. */
export type Reason =
  | { readonly kind: 'asked' }
  /** No such file in the repository. */
  | { readonly kind: 'absent' }
  /** The file is no sound package, or does not say what it was made from. */
  | { readonly kind: 'unreadable'; readonly detail: string }
  | { readonly kind: 'file'; readonly path: string; readonly change: 'changed' | 'removed' | 'added' }
  /** Something outside the tree; `name` as in the note of the package. */
  | { readonly kind: 'setting'; readonly name: string }
  /** It was made in another directory of the tree. */
  | { readonly kind: 'moved'; readonly from: string }
  /** It was built with a package that it does not need any more. */
  | { readonly kind: 'dropped'; readonly pkgname: string }
  /** It was built with another version of what it needs. */
  | { readonly kind: 'version'; readonly from: string; readonly pkgname: string }
  /** The package it was built with has been built again since; `byTime`: only the times of the files say so. */
  | { readonly kind: 'newer'; readonly pkgname: string; readonly byTime: boolean }
  /** What it needs is built in this same build. */
  | { readonly kind: 'rebuilt'; readonly pkgname: string };

/** Of reasons of one kind, a person reads some and a store keeps no more. */
export const REASONS_MAX = 8;

const text = z.string();

const reason: z.ZodType<Reason> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('asked') }),
  z.object({ kind: z.literal('absent') }),
  z.object({ kind: z.literal('unreadable'), detail: text }),
  z.object({ kind: z.literal('file'), path: text, change: z.enum(['changed', 'removed', 'added']) }),
  z.object({ kind: z.literal('setting'), name: text }),
  z.object({ kind: z.literal('moved'), from: text }),
  z.object({ kind: z.literal('dropped'), pkgname: text }),
  z.object({ kind: z.literal('version'), from: text, pkgname: text }),
  z.object({ kind: z.literal('newer'), pkgname: text, byTime: z.boolean() }),
  z.object({ kind: z.literal('rebuilt'), pkgname: text }),
]);

/** What was decided of any package: a verdict, or as its state says why there is none. */
export type Decided =
  | Verdict
  | { readonly kind: 'masked'; readonly by: 'skip' | 'fail'; readonly reason: string }
  | { readonly kind: 'unresolved'; readonly reason: string }
  | {
      readonly kind: 'indirect';
      readonly of: 'masked' | 'unresolved';
      readonly culprits: readonly string[];
    };

/** `Decided` as it is kept in a JSON text. */
export const decidedSchema: z.ZodType<Decided> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('kept') }),
  z.object({ kind: z.literal('build'), reasons: z.array(reason) }),
  z.object({ kind: z.literal('masked'), by: z.enum(['skip', 'fail']), reason: text }),
  z.object({ kind: z.literal('unresolved'), reason: text }),
  z.object({
    kind: z.literal('indirect'),
    of: z.enum(['masked', 'unresolved']),
    culprits: z.array(text),
  }),
]);

/** A reason in words that go on after the name of its package: `perl-5.36.0 is built again`. */
export const describeReason = (one: Reason): string => {
  switch (one.kind) {
    case 'asked':
      return 'it was asked for';
    case 'absent':
      return 'it is not in the repository';
    case 'unreadable':
      return `its file is of no use: ${one.detail}`;
    case 'file':
      return one.change === 'changed' ? `${one.path} changed` : `${one.path} was ${one.change}`;
    case 'setting':
      return `${one.name} changed`;
    case 'moved':
      return `it was made from ${one.from}`;
    case 'dropped':
      return `it was built with ${one.pkgname}, which it does not need any more`;
    case 'version':
      return `it was built with ${one.from}, and now needs ${one.pkgname}`;
    case 'newer':
      return one.byTime
        ? `the file of ${one.pkgname} is newer (of a package built elsewhere only the time is known)`
        : `it was built with an earlier ${one.pkgname}`;
    case 'rebuilt':
      return `${one.pkgname} is built again`;
  }
};
