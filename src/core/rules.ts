/**
 * The rules of the protocol, each with a switch. An agent has them all on; the simulator turns one off at a time and expects
 * to see what the rule is for. What each one guards is said where it is applied.
 */
export interface Rules {
  /** A ballot names the life that made it, so that no two are the same. */
  readonly uniqueBallots: boolean;
  /** Commands of a lower ballot than the highest seen are refused. */
  readonly refuseLowerBallots: boolean;
  /** A coordinator that hears a higher ballot leads no more. */
  readonly stepDown: boolean;
  /** A candidate asks the others first, and stays back when most of them hear a coordinator. */
  readonly canvassVeto: boolean;
  /** Candidates wait by their place among the living. */
  readonly staggerCandidates: boolean;
  /** A coordinator that goes says so. */
  readonly resign: boolean;
  /** A new coordinator grants nothing until the living have said what they hold. */
  readonly collectHolds: boolean;
  /** Silence makes a peer suspect, and later dead. */
  readonly declareDead: boolean;
  /** A suspect is asked for through others. */
  readonly indirectProbe: boolean;
  /** An agent whose own clock jumped judges nobody for a while. */
  readonly tickGapGuard: boolean;
  /** An agent that is slow itself gives others more time. */
  readonly selfDoubt: boolean;
  /** A copied state directory is refused. */
  readonly refuseClones: boolean;
  /** The smaller side of a cut starts nothing new for a while. */
  readonly minorityHold: boolean;
  /** Agents exchange vectors now and then, and fill each other's gaps. */
  readonly antiEntropy: boolean;
  /** Own entries are durable before anybody hears of them. */
  readonly persistFirst: boolean;
  /** A run of what has its fact already is ended. */
  readonly cancelKnown: boolean;
  /** Each agent tells what it holds every few seconds. */
  readonly holdReconcile: boolean;
  /** What two agents hold goes to one of them. */
  readonly resolveConflicts: boolean;
  /** What an owner does not name twice is given to others. */
  readonly freeUnnamed: boolean;
  /** What a host that is taken for dead held is given to others. */
  readonly freeDead: boolean;
  /** A host that met trouble with a task is not its next one, if there is another. */
  readonly otherHostFirst: boolean;
  /** Tasks are granted as late as possible. */
  readonly lateBinding: boolean;
  /** A task goes to the host that would end it first, though another one is idle now. */
  readonly slackRule: boolean;
  /** Times are scaled by what each host has shown. */
  readonly measureSpeed: boolean;
  /** Idle agents ask busy ones for work. */
  readonly steal: boolean;
  /** The coordinator takes back what waits while others have nothing to do. */
  readonly retract: boolean;
  /** What is on its way has a deadline, after which the victim asks. */
  readonly askAfterGive: boolean;
  /** A thief that said that it has nothing never takes what comes late. */
  readonly refuseLateGift: boolean;
  /** What was just stolen is not stolen again, and nothing changes hands for ever. */
  readonly restStolen: boolean;
  /** The longest queue of two drawn by chance is asked. */
  readonly powerOfTwo: boolean;
  /** Queued tasks' files are fetched ahead. */
  readonly prefetch: boolean;
  /** A second host has each file. */
  readonly replicate: boolean;
  /** What nobody has a file of is built again. */
  readonly rebuildLost: boolean;
  /** Files are dropped only by those that come late in the order of their holders. */
  readonly keepLastCopy: boolean;
  /** Hosts that gave a corrupt file are asked last. */
  readonly blameCorrupt: boolean;
  /** Plans that run at once get equal shares. */
  readonly fairShares: boolean;
  /** Tasks that hold up the end get more cores. */
  readonly criticalCores: boolean;
}

/** All of them. */
export const allRules: Rules = {
  uniqueBallots: true,
  refuseLowerBallots: true,
  stepDown: true,
  canvassVeto: true,
  staggerCandidates: true,
  resign: true,
  collectHolds: true,
  declareDead: true,
  indirectProbe: true,
  tickGapGuard: true,
  selfDoubt: true,
  refuseClones: true,
  minorityHold: true,
  antiEntropy: true,
  persistFirst: true,
  cancelKnown: true,
  holdReconcile: true,
  resolveConflicts: true,
  freeUnnamed: true,
  freeDead: true,
  otherHostFirst: true,
  lateBinding: true,
  slackRule: true,
  measureSpeed: true,
  steal: true,
  retract: true,
  askAfterGive: true,
  refuseLateGift: true,
  restStolen: true,
  powerOfTwo: true,
  prefetch: true,
  replicate: true,
  rebuildLost: true,
  keepLastCopy: true,
  blameCorrupt: true,
  fairShares: true,
  criticalCores: true,
};
