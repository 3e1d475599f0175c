import type { Config } from './config.ts';
import { type Complaint, isWithin } from './pathCheck.ts';

/** Takes what is wrong with the value at `path`; undefined: nothing. */
export type Complain = (path: readonly string[], complaint: Complaint | undefined) => void;

/** A directory and its key within its section. */
type Named = readonly [name: string, directory: string];

/**
 * Complains of values that are good each by itself and do harm together. Keys in `bad` (`section.key`) are
 * left out: there is a complaint about them already.
 */
export const checkTogether = (config: Config, bad: ReadonlySet<string>, complain: Complain): void => {
  const directories: readonly Named[] = Object.entries(config.paths).filter(
    ([name]) => !bad.has(`paths.${name}`),
  );
  const owned = [
    ...(bad.has('pkgsrc.prefix') ? [] : [config.pkgsrc.prefix]),
    ...(bad.has('pkgsrc.prefix') || bad.has('pkgsrc.pkg_dbdir') ? [] : [config.pkgsrc.pkgDbdir]),
  ];
  checkTwins(directories, complain);
  checkState(directories, complain);
  checkOwned(directories, owned, complain);
  checkShares(config.sandbox, new Map(directories), complain);
  checkChroots(config, complain);
  if (!bad.has('mesh.key')) checkKey(config, complain);
};

/**
 * Whoever can read the key is a member of the mesh: no package may see it, and no web server that shows logs. Of the
 * state directory, where it usually lies, the same is said elsewhere.
 */
const checkKey = ({ mesh, paths, sandbox }: Config, complain: Complain): void => {
  const { pkgsrc, packages, distfiles, bulklog } = paths;
  const shown = [
    pkgsrc,
    packages,
    distfiles,
    bulklog,
    ...sandbox.systemDirs,
    ...sandbox.roDirs,
    ...sandbox.rwDirs,
  ];
  if (isWithin(mesh.keyFile, paths.state)) return;
  const around = shown.find((dir) => isWithin(mesh.keyFile, dir));
  if (around === undefined) return;
  const what = `${mesh.keyFile} lies in ${around}, which sandboxes or others see`;
  complain(['mesh', 'key'], { what, todo: 'move it to a place of root alone, such as paths.state or /root' });
};

/** The agent takes what lies among its slots for slots of its own; and a chroot must not show the others. */
const checkChroots = ({ paths, sandbox }: Config, complain: Complain): void => {
  const { chrootDir } = sandbox;
  if (chrootDir === undefined) return;
  const todo = 'choose another place, or leave the key out';
  const path = ['sandbox', 'chroot_dir'];
  if (isWithin(chrootDir, paths.state)) {
    complain(path, { what: `${chrootDir} lies in paths.state, which is for the agent alone`, todo });
  }
  const shown = [paths.pkgsrc, paths.packages, paths.distfiles, ...sandbox.roDirs, ...sandbox.rwDirs];
  const around = [...shown, ...sandbox.systemDirs].find((dir) => isWithin(chrootDir, dir));
  if (around !== undefined)
    complain(path, { what: `${chrootDir} lies in ${around}, which chroots show`, todo });
};

const overlap = (a: string, b: string): boolean => isWithin(a, b) || isWithin(b, a);

const checkTwins = (directories: readonly Named[], complain: Complain): void => {
  for (const [index, [name, directory]] of directories.entries()) {
    const twin = directories.slice(0, index).find(([, other]) => other === directory);
    if (twin === undefined) continue;
    complain(['paths', name], { what: `is the same as paths.${twin[0]}`, todo: 'give each its own' });
  }
};

/** Sandboxes lie below the state directory: shared into them, it would contain itself. */
const checkState = (directories: readonly Named[], complain: Complain): void => {
  const state = directories.find(([name]) => name === 'state')?.[1];
  if (state === undefined) return;
  for (const [name, directory] of directories) {
    if (directory === state || !overlap(state, directory)) continue;
    const what = `${state} and paths.${name} (${directory}) lie in one another`;
    complain(['paths', 'state'], { what, todo: 'give the agent a directory of its own' });
  }
};

/** Prefix and package database are empty in a new sandbox, whatever the host has there. */
const checkOwned = (directories: readonly Named[], owned: readonly string[], complain: Complain): void => {
  for (const [name, directory] of directories) {
    const other = owned.find((candidate) => overlap(directory, candidate));
    if (other === undefined) continue;
    const what = `${directory} and ${other}, which each sandbox has for itself, lie in one another`;
    complain(['paths', name], { what, todo: 'move one of them' });
  }
};

const checkShares = (
  sandbox: Config['sandbox'],
  paths: ReadonlyMap<string, string>,
  complain: Complain,
): void => {
  const lists = [
    ['system_dirs', sandbox.systemDirs, ['state']],
    ['ro_dirs', sandbox.roDirs, ['state']],
    ['rw_dirs', sandbox.rwDirs, ['state', 'packages', 'bulklog']],
  ] as const;
  for (const [key, shared, kept] of lists) {
    for (const [index, directory] of shared.entries()) {
      const own = kept.flatMap((name) => paths.get(name) ?? []);
      const bared = own.find((path) => overlap(directory, path));
      if (bared === undefined) continue;
      const what = `${directory} would let builds reach ${bared}, which is for the agent alone`;
      complain(['sandbox', key, String(index)], {
        what,
        todo: 'share a smaller directory, or move that one',
      });
    }
  }
  for (const [index, directory] of sandbox.rwDirs.entries()) {
    const harmed = sandbox.systemDirs.find((system) => isWithin(system, directory));
    if (harmed === undefined) continue;
    const what = `${directory} would let builds change ${harmed} of this host`;
    complain(['sandbox', 'rw_dirs', String(index)], { what, todo: 'share a smaller directory' });
  }
};
