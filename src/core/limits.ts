/** A pause that grows with each failure in a row: `firstMs`, then times `factor`, never above `capMs`. */
export interface Backoff {
  readonly firstMs: number;
  readonly factor: number;
  readonly capMs: number;
}

/** The pause after the `failures`th failure in a row, in milliseconds; `failures` counts from 1. */
export const backoffMs = ({ firstMs, factor, capMs }: Backoff, failures: number): number =>
  Math.min(capMs, firstMs * factor ** (failures - 1));

/** A share of a disk, at most so many bytes. */
interface DiskBound {
  readonly share: number;
  readonly bytesMax: number;
}

const mib = 1024 ** 2;
const gib = 1024 ** 3;

/** Every bound and every timer of the core. Times in milliseconds of the monotonic clock. */
export interface Limits {
  /** Attempts that may end in trouble of the task's own making before it fails with class `infra`. */
  readonly attemptsMax: number;
  /** Attempts that may end in trouble of any making, so that every plan comes to an end. */
  readonly troublesMax: number;
  /** So many different tasks in trouble in a row make the host the suspect, not the tasks. */
  readonly suspectTasks: number;
  /** How long a task in trouble stays out of the ready set, where its class asks for a pause. */
  readonly taskPause: Backoff;
  /** How long a host starts nothing after its disk ran full or it became the suspect. */
  readonly hostPause: Backoff;
  /** A first run after such a pause that has lived so long clears the host. */
  readonly probeMs: number;
  /** Between tries to make a sandbox on one slot. */
  readonly preparePause: Backoff;
  /** From so many failures to make a sandbox in a row on, only one slot at a time tries. */
  readonly prepareStreak: number;
  /** Between tries to clean one slot. */
  readonly cleanPause: Backoff;
  /** Tries to clean a slot before it is retired. */
  readonly cleanTriesMax: number;
  /** Before the replacement of a retired slot is made, by slots retired since one was last cleaned. */
  readonly replacePause: Backoff;
  /**
   * How the time of a task hangs on its jobs, of which a plan says nothing: its estimate is the time with `usualJobs` of
   * them, and `serialShare` of that is time in which one core works, whatever the jobs.
   */
  readonly usualJobs: number;
  readonly serialShare: number;
  /** Jobs of all runs of a host together, by its cores. */
  readonly jobsPerCore: number;
  /** A task that needs more cores than this, so that the plan does not wait for it, gets all of its host. */
  readonly criticalCores: number;
  /** Jobs of what runs beside such a task. */
  readonly besideJobs: number;
  /** What the runs of a host need together may be so much more than its cores. */
  readonly needShare: number;
  /** Attempts that may run out of memory before the task fails as too large for the host. */
  readonly memoryTriesMax: number;
  /** Attempts that a watchdog may end before the task fails as one that comes to no end. */
  readonly timeoutTriesMax: number;
  /** The disk is low, critical, full: below this share of its size free, or below so many bytes. */
  readonly diskLow: DiskBound;
  readonly diskCritical: DiskBound;
  readonly diskFull: DiskBound;
  /** What a task took before, times this, is kept free for it. */
  readonly reserveMargin: number;
  /** A work area in memory may hold what it took before, times this, and `workExtraBytes`. */
  readonly workMargin: number;
  readonly workExtraBytes: number;
  /** A run that is to take so much disk is ended first when the disk is critical. */
  readonly bigDiskBytes: number;
  /** Between two runs that are ended to save the disk. */
  readonly evictEveryMs: number;
  /** How many ready tasks are looked at for one that fits beside what runs. */
  readonly looksMax: number;
  /** A task that does not fit lets others go first for so long; then nothing starts until it does. */
  readonly patienceMs: number;
  /** How often one reason to start nothing is told; a full disk, which needs a person, more often. */
  readonly waitNoteMs: number;
  readonly fullNoteMs: number;
  /** A sandbox whose making, or cleaning, has not ended after so long is given up for lost. */
  readonly prepareMaxMs: number;
  readonly cleanMaxMs: number;
  /** How often what earlier lives and lost sandboxes left is cleaned away. */
  readonly sweepEveryMs: number;
  /** How much of a plan's expected work counts as if it had run as expected, in the pace of the prediction. */
  readonly paceInertia: number;
  /** Ended plans that can still be asked about. */
  readonly endedPlansMax: number;
  readonly mesh: MeshLimits;
}

/** Bounds and timers between hosts. Times in milliseconds of each host's own monotonic clock. */
export interface MeshLimits {
  readonly heartbeatMs: number;
  /** Silence after which a peer is suspect, and taken for dead. */
  readonly suspectMs: number;
  readonly deadMs: number;
  /** A host that is dead or has left is forgotten so long after it was last heard: until then a dead one counts in a cut. */
  readonly forgetMs: number;
  /** Other hosts that are asked about a suspect, and how long for. */
  readonly probesMax: number;
  readonly probeMs: number;
  /** A wake that comes so late means that this agent stood still; it then judges nobody for `judgePauseMs`. */
  readonly tickGapMs: number;
  readonly judgePauseMs: number;
  /** Each so many milliseconds that this agent's timers are late double its patience, up to `doubtMax` times. */
  readonly doubtStepMs: number;
  readonly doubtMax: number;
  /** How long an agent that knows of others listens before it thinks of leading. */
  readonly listenMs: number;
  /** From the end of the coordinator's connection to the first question about it. */
  readonly closedMs: number;
  /** How long answers to a canvass are waited for, and how long after one that was vetoed the next one begins. */
  readonly canvassMs: number;
  readonly canvassPauseMs: number;
  /** A candidate's wait for each one that goes before it. */
  readonly staggerMs: number;
  /** How long a new coordinator waits for what the living hold. */
  readonly collectMs: number;
  readonly holdMs: number;
  /** What an owner has not named for so long, in two reports, is given to others. */
  readonly unnamedMs: number;
  /** The smaller side of a cut starts nothing new for so long; 0: it goes on at once. */
  readonly minorityHoldMs: number;
  /** How long a free slot waits for a grant before its agent asks other agents. */
  readonly stealAfterMs: number;
  /** How long a victim waits for `taken`, and a thief for an answer. */
  readonly giveMs: number;
  /** Between two tries to steal that gave nothing. */
  readonly stealPause: Backoff;
  /** A stolen task stays where it is for so long, and changes hands so often at most. */
  readonly restMs: number;
  readonly hopsMax: number;
  /** A steal must save so much. */
  readonly stealGainMs: number;
  readonly vectorMs: number;
  /** Entries in one message. */
  readonly entriesMax: number;
  /** A host's speed is taken to be between these. */
  readonly speedMin: number;
  readonly speedMax: number;
  /** Built work after which half of a host's speed is what it has shown, milliseconds. */
  readonly speedInertiaMs: number;
  /** A host whose speed differs from that of all by less, in natural logarithms, is taken to be as fast as any other. */
  readonly speedDoubt: number;
  /** Hosts that are to have each file. */
  readonly copies: number;
  /** A needed file that no live host has is made again after so long. */
  readonly lostFileMs: number;
  /** Files that one host fetches at a time. */
  readonly fetchesMax: number;
  readonly fetchPause: Backoff;
  /** Slow runs get a second one on an idle slot: as a share of all slots; 0: never. */
  readonly duplicateShare: number;
  /** A second run must be expected to end by this factor sooner. */
  readonly duplicateGain: number;
}

/** The defaults, each with its reason. */
export const defaultLimits: Limits = {
  // pbulk gives up at once, which blames packages for hosts; three hosts (or tries) tell the two apart.
  attemptsMax: 3,
  // With `hostPause` between them: a host in trouble has twenty minutes to recover before any task pays for it.
  troublesMax: 8,
  // Two unlucky neighbours happen; three different tasks in a row without one proper end are the host.
  suspectTasks: 3,
  // A dependency file that another process is still writing is there within seconds.
  taskPause: { firstMs: 5_000, factor: 2, capMs: 300_000 },
  // Cleaning the slot that filled the disk takes seconds; an operator who frees space takes minutes.
  hostPause: { firstMs: 10_000, factor: 3, capMs: 300_000 },
  // Trouble of the sandbox or of a full disk shows in the first stages of a run.
  probeMs: 30_000,
  // A mount that is busy is free soon; a kernel that refuses needs a person, so a minute is often enough.
  preparePause: { firstMs: 1_000, factor: 2, capMs: 60_000 },
  // Below it failures may be chance; above it more tries at once only fill the log.
  prepareStreak: 4,
  // The driver has its own quick tries (64 ms doubling); these wait for processes that die slowly.
  cleanPause: { firstMs: 1_000, factor: 2, capMs: 30_000 },
  // 1 + 2 + 4 + 8 s: what has not gone by then waits for a person.
  cleanTriesMax: 5,
  // Each lost slot leaves something behind on the host, so a host that loses them all loses them slowly.
  replacePause: { firstMs: 1_000, factor: 4, capMs: 300_000 },
  // The recorded build of bulk-large: -j4; of the packages that its end hangs on a third of the time is on one core.
  usualJobs: 4,
  serialShare: 0.35,
  // A run uses half of its jobs: the other half of its time goes to stages that know of none.
  jobsPerCore: 2,
  // Replays of recorded builds (bench schedule): with more, what is nearly critical is late; with less, it is in the way.
  criticalCores: 2,
  besideJobs: 3,
  needShare: 1.5,
  // With the host for itself and half the jobs, then a quarter: what does not fit then never will.
  memoryTriesMax: 3,
  // Once may be chance; what hangs twice would hang for ever.
  timeoutTriesMax: 2,
  // A tenth of a disk of 4 TB is room for any package: the bytes are for large disks, the shares for small ones.
  diskLow: { share: 0.1, bytesMax: 24 * gib },
  diskCritical: { share: 0.05, bytesMax: 12 * gib },
  diskFull: { share: 0.02, bytesMax: 4 * gib },
  // Packages grow from release to release, by less than this.
  reserveMargin: 1.25,
  // What was measured is the end of a build; on the way it may have been more.
  workMargin: 1.5,
  workExtraBytes: 64 * mib,
  // Ending small ones gives no room worth the lost work.
  bigDiskBytes: gib,
  // Deleting what a large run left takes seconds.
  evictEveryMs: 15_000,
  // Tasks of which nothing is known always fit, so that far down the list there is nothing better.
  looksMax: 64,
  // Longer than most packages take, so that room comes up by itself; short beside a night.
  patienceMs: 600_000,
  // So that a log of a night can be read.
  waitNoteMs: 600_000,
  fullNoteMs: 60_000,
  // Both take a tenth of a second, and seconds on a loaded host.
  prepareMaxMs: 600_000,
  cleanMaxMs: 1_800_000,
  // What is left takes disk, not more; each sweep reads a directory.
  sweepEveryMs: 600_000,
  // A few small packages at the start say little of the rest.
  paceInertia: 0.02,
  // Enough for a scan and a build of each of a few concurrent bulk builds; 2 MB each for a whole tree.
  endedPlansMax: 8,
  mesh: {
    // 0.3 % of a core for a hundred hosts.
    heartbeatMs: 1_000,
    // Pauses of a busy host are rarely longer; tasks last minutes, so that five seconds without a coordinator are nothing.
    suspectMs: 5_000,
    // To do a task twice costs more than ten seconds of waiting.
    deadMs: 15_000,
    // A host that is mended within a day is missed for that long, unless an operator says that it is not to be.
    forgetMs: 86_400_000,
    probesMax: 3,
    probeMs: 2_000,
    // A laptop that slept, SIGSTOP, a virtual machine that was moved.
    tickGapMs: 3_000,
    judgePauseMs: 2_000,
    doubtStepMs: 250,
    doubtMax: 8,
    // Three heartbeats of whoever leads.
    listenMs: 3_000,
    closedMs: 50,
    // A round trip to a host that is busy compiling.
    canvassMs: 600,
    canvassPauseMs: 2_000,
    staggerMs: 300,
    collectMs: 2_000,
    holdMs: 5_000,
    unnamedMs: 6_000,
    // Most cuts are shorter.
    minorityHoldMs: 60_000,
    stealAfterMs: 100,
    giveMs: 3_000,
    stealPause: { firstMs: 200, factor: 2, capMs: 2_000 },
    restMs: 30_000,
    hopsMax: 3,
    stealGainMs: 2_000,
    vectorMs: 3_000,
    // About 100 kB.
    entriesMax: 500,
    speedMin: 0.2,
    speedMax: 5,
    // One package, as a rule: the longest path begins within minutes.
    speedInertiaMs: 30_000,
    // A third: what a task takes hangs on more than its estimate, its jobs and the number of its neighbours.
    speedDoubt: 0.35,
    copies: 2,
    lostFileMs: 60_000,
    // Most are small, and travel in bundles.
    fetchesMax: 64,
    fetchPause: { firstMs: 500, factor: 2, capMs: 15_000 },
    duplicateShare: 0,
    duplicateGain: 1.3,
  },
};
