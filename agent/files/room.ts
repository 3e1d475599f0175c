import { messageOf } from '../../src/errors.ts';
import type { Catalogue } from './catalogue.ts';
import type { FilesPorts } from './ports.ts';

type RoomPorts = Pick<FilesPorts, 'node' | 'push' | 'isPinned' | 'log'>;

const lookMs = 15_000;
/** So many files go at a time: then the disk is looked at again. */
const countMax = 256;
/** Of a package, where nothing better is known. */
const usualBytes = 2 ** 20;

/**
 * Looks at the disk of the store now and then. When it wants room, what nothing needs goes first; then the core is asked which files
 * others have. The function ends that.
 */
export const watchRoom = (ports: RoomPorts, catalogue: Catalogue): (() => void) => {
  const timer = setInterval(() => {
    makeRoom(ports, catalogue).catch((error: unknown) => {
      ports.log.warn({ error: messageOf(error) }, 'no room could be made');
    });
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
};

/** One such look. @throws {BulkmeshError} ARTEFACT_IO */
export const makeRoom = async (
  { node: { blobs }, push, isPinned }: RoomPorts,
  catalogue: Catalogue,
): Promise<void> => {
  if ((await blobs.room()).level === 'plenty') return;
  await blobs.evict((sha256) => !catalogue.isPinned(sha256) && !isPinned(sha256));
  const { level, wantBytes } = await blobs.room();
  if (level === 'plenty') return;
  const sizes = blobs.list().map((sha256) => blobs.sizeOf(sha256) ?? 0);
  const meanBytes =
    sizes.length === 0 ? usualBytes : sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const count = Math.ceil(wantBytes / Math.max(1, meanBytes));
  push({ kind: 'filesUnwanted', count: Math.min(countMax, Math.max(1, count)) });
};
