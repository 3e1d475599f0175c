import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BulkmeshError } from '../errors.ts';
import { isBusy } from './sqlError.ts';

/** Held by the one agent of a state directory. The kernel drops it when the process ends, however it ends. */
export interface AgentLock {
  release(): void;
}

/** A killed predecessor may need a moment until the kernel has taken its locks away. */
const graceMs = 300;

/**
 * Takes the agent's lock: an open exclusive transaction on an SQLite file of its own, which SQLite holds as
 * a POSIX record lock. A pid file would survive kill -9 and a reused pid would lie; this cannot. The pid is
 * written beside it for the message only.
 * @throws {BulkmeshError} AGENT_ALREADY_RUNNING
 */
export const acquireLock = (stateDir: string): AgentLock => {
  const file = join(stateDir, 'agent.lock');
  const pidFile = join(stateDir, 'agent.pid');
  makePrivateFile(file);
  const sql = new DatabaseSync(file, { timeout: graceMs });
  try {
    sql.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    sql.close();
    if (!isBusy(error)) throw error;
    throw alreadyRunning(stateDir, readPid(pidFile));
  }
  writePid(pidFile);
  return {
    release: () => {
      rmSync(pidFile, { force: true });
      sql.close();
    },
  };
};

/**
 * Makes an empty file of mode 0600 before SQLite would make it by the umask. A file that is there is not
 * even opened: POSIX drops all record locks of a process on a file as soon as it closes any descriptor of
 * that file.
 */
export const makePrivateFile = (file: string): void => {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (Object(error).code !== 'EEXIST') throw error;
  }
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
