import { dirname, resolve } from 'node:path';
import type { PbulkAnswer } from './answer.ts';
import { mapChroots } from './chroots.ts';
import { mapUlimits } from './limits.ts';
import { type Meaning, meanings } from './meanings.ts';

/** What is to be known of one or more settings of a pbulk.conf. */
export interface Remark {
  readonly names: readonly string[];
  readonly text: string;
}

/** Values of configuration keys, by `section.key`. */
export type KeyValues = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** A pbulk.conf in the words of bulkmesh.toml. */
export interface MappedConf {
  readonly values: KeyValues;
  /** The setting that each value came from, by `section.key`. */
  readonly origins: Readonly<Record<string, string>>;
  readonly remarks: readonly Remark[];
  /** Why nothing may be built by this file as it stands; empty: nothing is against it. */
  readonly refusals: readonly Remark[];
}

/** What lies at a path on this host. */
export type Look = (path: string) => 'file' | 'directory' | 'nothing';

interface Draft {
  readonly conf: PbulkAnswer;
  readonly dir: string;
  readonly look: Look;
  readonly values: Record<string, string | number | boolean | readonly string[]>;
  readonly origins: Record<string, string>;
  /** Names by what is to be said of them. */
  readonly said: Map<string, string[]>;
  readonly refused: Map<string, string[]>;
}

/**
 * The equal configuration. Relative paths are meant from the directory of `file`. An empty value is none, as for
 * pbulk's own scripts. What pbulk.conf does not say and bulkmesh has to know is chosen beside bulklog, with a remark.
 */
export const mapPbulkConf = (conf: PbulkAnswer, file: string, look: Look): MappedConf => {
  const draft: Draft = {
    conf,
    dir: dirname(file),
    look,
    values: {},
    origins: {},
    said: new Map(),
    refused: new Map(),
  };
  for (const [name, meaning] of Object.entries(meanings)) {
    const value = conf.variables.get(name);
    if (value === undefined || value === '') continue;
    if (meaning.form === 'special') mapSpecial(draft, name, value);
    else mapPlain(draft, name, value, meaning);
  }
  for (const { name, key, value, remark } of mapUlimits(conf.ulimits)) {
    if (key !== undefined && value !== undefined) put(draft, key, value, name);
    if (remark !== undefined) say(draft, name, remark);
  }
  addPlaces(draft);
  for (const name of conf.variables.keys()) {
    if (meanings[name] === undefined) say(draft, name, 'not known to pbulk or bulkmesh, so without effect');
  }
  return {
    values: draft.values,
    origins: draft.origins,
    remarks: listRemarks(draft.said),
    refusals: listRemarks(draft.refused),
  };
};

const mapPlain = (draft: Draft, name: string, value: string, meaning: Meaning): void => {
  const { key, form, remark, usual = [] } = meaning;
  const isUsual = usual.includes(value);
  if (key !== undefined && form !== undefined) {
    const read = readValue(draft, value, form);
    if (read === undefined) {
      say(draft, name, `${JSON.stringify(value)} is nothing for ${key}: left out`);
      return;
    }
    put(draft, key, read, name);
  }
  if (remark === undefined || isUsual) return;
  if (meaning.isRefused === true) note(draft.refused, name, remark);
  else say(draft, name, remark);
};

const readValue = (
  draft: Draft,
  value: string,
  form: Exclude<Meaning['form'], undefined>,
): string | number | boolean | undefined => {
  switch (form) {
    case 'path':
      return resolve(draft.dir, value);
    case 'text':
    case 'special':
      return value;
    case 'url':
      return /^https?:\/\/[^\s\p{Cc}<>"']+$/u.test(value) ? value : undefined;
    case 'count':
      return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
    case 'yes':
      return /^yes$/i.test(value);
    case 'not no':
      return value !== 'no' && value !== 'NO';
  }
};

const mapSpecial = (draft: Draft, name: string, value: string): void => {
  const { variables } = draft.conf;
  const remark = meanings[name]?.remark ?? '';
  switch (name) {
    case 'make':
      mapMake(draft, value);
      break;
    case 'bootstrapkit':
      mapKit(draft, value);
      break;
    case 'master_mode':
      say(draft, name, remark);
      if (value === 'no') put(draft, 'build.slots', 1, name);
      break;
    case 'scan_clients':
    case 'build_clients':
      if (value.trim() !== '') say(draft, name, `${remark}: ${value.trim().split(/\s+/).join(', ')}`);
      break;
    case 'loc':
      if (value !== `${variables.get('bulklog') ?? ''}/meta`) say(draft, name, remark);
      break;
    case 'chroot_create':
    case 'chroot_delete':
      mapChroot(draft, name, remark);
      break;
    case 'target_arch':
    case 'target_destdir':
      if ((variables.get('cross_compile') ?? 'no') !== 'no') note(draft.refused, name, remark);
      break;
  }
};

/** Either of the two; what both mean is the same each time. */
const mapChroot = (draft: Draft, name: string, remark: string): void => {
  const meaning = mapChroots(draft.conf.variables);
  switch (meaning.kind) {
    case 'none':
      break;
    case 'left out':
      say(draft, name, `left out: ${meaning.why}`);
      break;
    case 'script':
      put(draft, 'sandbox.driver', 'script', 'chroot_create');
      if (name === 'chroot_create') put(draft, 'sandbox.chroot_create', meaning.create, name);
      else put(draft, 'sandbox.chroot_delete', meaning.remove, name);
      say(draft, name, remark);
  }
};

/** The kit's own make is found without being named. */
const mapMake = (draft: Draft, value: string): void => {
  if (value === `${draft.conf.variables.get('prefix') ?? '/usr/pkg'}/bin/bmake`) return;
  if (value.startsWith('/')) put(draft, 'pkgsrc.make', value, 'make');
  else say(draft, 'make', `${JSON.stringify(value)} is no absolute path: left out`);
};

/** For pbulk a kit that is not there is no kit at all. */
const mapKit = (draft: Draft, value: string): void => {
  const path = resolve(draft.dir, value);
  switch (draft.look(path)) {
    case 'file':
      put(draft, 'pkgsrc.bootstrap_kit', path, 'bootstrapkit');
      break;
    case 'directory':
      note(
        draft.refused,
        'bootstrapkit',
        `${path} is a directory: bulkmesh wants the tarball of a bootstrap kit`,
      );
      break;
    case 'nothing':
      say(
        draft,
        'bootstrapkit',
        `${path} is not there, which is no kit at all for pbulk: set pkgsrc.bootstrap_kit when it is`,
      );
      break;
  }
};

/** What pbulk leaves to mk.conf or does not have: beside bulklog, where all else of a bulk build usually is. */
const addPlaces = (draft: Draft): void => {
  const { values } = draft;
  const { 'paths.bulklog': bulklog, 'paths.pkgsrc': tree } = values;
  if (typeof bulklog !== 'string') return;
  const beside = dirname(bulklog);
  values['paths.state'] = `${bulklog}.bulkmesh`;
  say(
    draft,
    'paths.state',
    `pbulk has no such thing: ${bulklog}.bulkmesh is taken; name another if that is no local disk`,
  );
  const distfiles =
    beside === '/' && typeof tree === 'string' ? `${tree}/distfiles` : resolve(beside, 'distfiles');
  values['paths.distfiles'] = distfiles;
  say(
    draft,
    'paths.distfiles',
    `pbulk.conf does not say it: ${distfiles} is taken; it must be DISTDIR of mk.conf`,
  );
  const fragments = resolve(beside, 'mk');
  if (beside === '/' || draft.look(fragments) !== 'directory') return;
  values['sandbox.ro_dirs'] = [fragments];
  say(draft, 'sandbox.ro_dirs', `sandboxes see ${fragments}; add what else the mk.conf of the kit includes`);
};

const put = (
  draft: Draft,
  key: string,
  value: string | number | boolean | readonly string[],
  name: string,
): void => {
  // A later upstream name stands after the one that it replaced; one process at a time stands against both.
  if (draft.origins[key] === 'master_mode') return;
  draft.values[key] = value;
  draft.origins[key] = name;
};

const say = (draft: Draft, name: string, text: string): void => note(draft.said, name, text);

const note = (book: Map<string, string[]>, name: string, text: string): void => {
  const names = book.get(text);
  if (names === undefined) book.set(text, [name]);
  else names.push(name);
};

const listRemarks = (book: ReadonlyMap<string, readonly string[]>): readonly Remark[] =>
  [...book].map(([text, names]) => ({ names, text }));
