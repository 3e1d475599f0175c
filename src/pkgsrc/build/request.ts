import type { WorkArea } from '../../core/effect.ts';
import type { WatchGround } from '../../core/watchdog/table.ts';
import type { Sandbox, Share, UserId } from '../../sandbox/driver.ts';
import type { TreeEnvironment } from '../environment.ts';
import type { MakeEnvironment } from '../make.ts';
import type { PkgName, ScanRecord } from '../package.ts';
import type { BuiltWith } from '../repository/note.ts';
import type { DependSet } from './dependset.ts';
import type { BringDistfiles } from './distfiles.ts';
import type { BuildPolicy } from './policy.ts';
import type { StageName } from './stages.ts';

/** Everything one attempt at one package needs. */
export interface BuildRequest {
  /** Prepared and empty: no package but those of the bootstrap kit. */
  readonly sandbox: Sandbox;
  readonly record: ScanRecord;
  /** Direct dependencies by full name; their files lie in `All` of the repository. */
  readonly depends: readonly PkgName[];
  /** In which order they are installed; undefined: in this one. */
  readonly dependSet?: DependSet | undefined;
  readonly environment: MakeEnvironment;
  /** Where the work area of the sandbox lies; undefined: on a disk. */
  readonly workArea?: WorkArea | undefined;
  readonly tree: TreeEnvironment;
  /**
   * What of this host the sandbox shows, and where. Paths of `environment` and `tree` are those inside: what this program
   * itself reads and writes there lies elsewhere on the host when the build was asked for on another one.
   */
  readonly shares: readonly Share[];
  /** PACKAGES as it lies on this host. */
  readonly repositoryDir: string;
  /** Who builds where the package allows it; undefined: root, or the caller where there is no root. */
  readonly user: UserId | undefined;
  readonly policy: BuildPolicy;
  /** MAKE_JOBS; a package with MAKE_JOBS_SAFE=no gets 1. */
  readonly jobs: number;
  /** Logs go to `<logDir>/<PKGNAME>/<stage>.log`. */
  readonly logDir: string;
  /** Further directories of the host whose file systems a build can fill: where the sandbox's layers live. */
  readonly storageDirs: readonly string[];
  /** A word that tells this agent's temporary files from those of others: its host id. */
  readonly owner: string;
  /** What the note of the package says of this build. */
  readonly stamp: Pick<BuiltWith, 'build' | 'host' | 'settings'>;
  /** Keep the logs of a package that was built; those of a failure always stay. */
  readonly keepLogs: boolean;
  /** Where distribution files are looked for before the network outside is used; undefined: nowhere. */
  readonly bringDistfiles?: BringDistfiles | undefined;
  /** What of the host and of the history stretches the limits of time, now. */
  readonly watchGround: () => WatchGround;
  readonly signal: AbortSignal;
  /** Called when a stage starts. */
  readonly onStage?: (stage: StageName | 'save' | 'hooks') => void;
  /** One line for the operator about what does not change the result. */
  readonly onWarning: (line: string) => void;
}
