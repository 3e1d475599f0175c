import type { BuildRecord } from '../../src/store/builds.ts';

/** Sets a rebuild apart from builds with the same configuration: those go on as if it had not been. */
export const rebuildMark = ':rebuild';

/** A rebuild of some packages, which says nothing of the others. */
export const isRebuild = ({ configDigest }: Pick<BuildRecord, 'configDigest'>): boolean =>
  configDigest.endsWith(rebuildMark);

/** Sets a build that was asked for on another host apart from those of this one: no request of this host goes on with it. */
export const markOfMesh = (configDigest: string): string => `${meshMark}${configDigest}`;

/** It was asked for on another host. */
export const isOfMesh = ({ configDigest }: Pick<BuildRecord, 'configDigest'>): boolean =>
  configDigest.startsWith(meshMark);

const meshMark = 'mesh:';
