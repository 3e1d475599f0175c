import type { BuildRecord } from '../../src/store/builds.ts';

/** Sets a rebuild apart from builds with the same configuration: those go on as if it had not been. */
export const rebuildMark = ':rebuild';

/** A rebuild of some packages, which says nothing of the others. */
export const isRebuild = ({ configDigest }: Pick<BuildRecord, 'configDigest'>): boolean =>
  configDigest.endsWith(rebuildMark);
