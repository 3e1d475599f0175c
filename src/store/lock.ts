import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BulkmeshError } from '../errors.ts';
import { lockFile } from './fileLock.ts';

/** Held by the one agent of a state directory. The kernel drops it when the process ends, however it ends. */
export interface AgentLock {
  release(): void;
}

/** A killed predecessor may need a moment until the kernel has taken its locks away. */
const graceMs = 300;

/**
 * Takes the agent's lock (`lockFile`). The pid is written beside it for the message only.
 * @throws {BulkmeshError} AGENT_ALREADY_RUNNING
 */
export const acquireLock = (stateDir: string): AgentLock => {
  const pidFile = join(stateDir, 'agent.pid');
  const lock = lockFile(join(stateDir, 'agent.lock'), graceMs);
  if (lock === undefined) throw alreadyRunning(stateDir, readPid(pidFile));
  writePid(pidFile);
  return {
    release: () => {
      rmSync(pidFile, { force: true });
      lock.release();
    },
  };
};

const alreadyRunning = (stateDir: string, pid: number | undefined): BulkmeshError => {
  const who = pid === undefined ? 'another agent' : `another agent (pid ${pid})`;
  return new BulkmeshError('AGENT_ALREADY_RUNNING', `${stateDir}: ${who} holds this state directory`, {
    hint: 'Use that agent, stop it first, or give this one a config with another paths.state.',
  });
};

const writePid = (pidFile: string): void => {
  const temporary = `${pidFile}.new`;
  writeFileSync(temporary, `${process.pid}\n`, { mode: 0o600 });
  renameSync(temporary, pidFile);
};

/** The pid in the file, unless that process is gone: then the file is older than the lock. */
const readPid = (pidFile: string): number | undefined => {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
};
