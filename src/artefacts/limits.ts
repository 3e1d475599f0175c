/** Every bound and timer of the files between hosts. */
export interface ArtefactLimits {
  /** Threads that hash and write. */
  readonly threads: number;
  /** Blobs of at most so many bytes travel many in one answer. */
  readonly smallBytesMax: number;
  readonly bundleCountMax: number;
  /** Of one answer; what is left over is asked for again. */
  readonly bundleBytesMax: number;
  /** The list that a bundle is asked for with. */
  readonly bundleRequestBytesMax: number;
  /** Answers with content under way at a time: in all, and to one host. Others are told to come again. */
  readonly uploadsMax: number;
  readonly uploadsPerHostMax: number;
  readonly retryAfterMs: number;
  /** How long an asking host waits for the first check of a blob before it is told to come again. */
  readonly checkWaitMs: number;
  /** Whoever moves less than `paceBytes` in `paceMs`, either way, is given up. */
  readonly paceMs: number;
  readonly paceBytes: number;
  /** How long a holder may say that it is busy. */
  readonly busyMs: number;
  /** Connections in a row that bring less than `paceBytes`. */
  readonly breaksMax: number;
  readonly breakPauseMs: number;
  /** Shares of the disk in use: from the first on, files should go; beyond the second, none is taken in. */
  readonly softShare: number;
  readonly hardShare: number;
  /** What came of a blob before its connection broke is kept so long for another try. */
  readonly partKeepMs: number;
  /** Corrupt files that are kept for a person to look at. */
  readonly quarantineMax: number;
  readonly scrubBytesPerSecond: number;
}

const kib = 2 ** 10;
const mib = 2 ** 20;

/** The defaults, each with its reason. */
export const defaultArtefactLimits: ArtefactLimits = {
  // One hashes 1 GB/s, which is more than a host of ten slots makes or fetches; the second is for what waits for a disk.
  threads: 2,
  // Half of all packages are smaller, and of one this large the time to ask is a tenth.
  smallBytesMax: 256 * kib,
  bundleCountMax: 1_000,
  bundleBytesMax: 16 * mib,
  bundleRequestBytesMax: 128 * kib,
  // Each of eight gets 14 MB/s of a line of 1 Gbit. Who is sent away finds one that has the file by then: a file that all want
  // spreads as a tree, not from one root.
  uploadsMax: 8,
  uploadsPerHostMax: 4,
  retryAfterMs: 1_000,
  checkWaitMs: 5_000,
  // 3 kB/s: any line that a build is worth sending over does that, also while all cores compile.
  paceMs: 20_000,
  paceBytes: 64 * kib,
  busyMs: 10_000,
  breaksMax: 3,
  breakPauseMs: 300,
  softShare: 0.85,
  hardShare: 0.92,
  partKeepMs: 86_400_000,
  quarantineMax: 16,
  // All of a disk of 1 TB in 14 hours, and one fifth of what a slow one gives.
  scrubBytesPerSecond: 20e6,
};
