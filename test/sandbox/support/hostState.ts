import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a fault must leave as it was. */
export interface HostState {
  /** The mount table of the host, without what others have in the directory for temporary files. */
  readonly mounts: readonly string[];
  /** Processes around sandboxes of the state directory, or of the programs that tests start in them. */
  readonly processes: readonly string[];
  /** Everything in the state directory, by name. */
  readonly entries: readonly string[];
  /** Control groups of the agent with this state directory. */
  readonly groups: readonly string[];
}

/** `marks`: texts in the arguments of the programs that the test starts inside. */
export function readHostState(stateDir: string, marks: readonly string[] = []): HostState {
  const texts = [`${stateDir}/`, ...marks];
  return {
    mounts: listMounts(stateDir),
    processes: listProcesses(texts),
    entries: listTree(stateDir),
    groups: listGroups('/sys/fs/cgroup', groupName(stateDir), 4),
  };
}

function listMounts(stateDir: string): readonly string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.filter((line) => line.includes(stateDir) || !line.includes(` ${tmpdir()}/`));
}

function listTree(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== 'slots')
    .sort();
}

function groupName(stateDir: string): string {
  return `bulkmesh-${createHash('sha256').update(stateDir).digest('hex').slice(0, 12)}`;
}

function listGroups(dir: string, name: string, depth: number): readonly string[] {
  let names: readonly string[] = [];
  try {
    names = readdirSync(dir, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? one.name : []));
  } catch {
    // Gone meanwhile.
  }
  const below = depth === 0 ? [] : names.flatMap((one) => listGroups(join(dir, one), name, depth - 1));
  return [...names.filter((one) => one === name).map((one) => join(dir, one)), ...below];
}

function listProcesses(texts: readonly string[]): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) => {
    const words = readOr(`/proc/${pid}/cmdline`);
    const all = words + readOr(`/proc/${pid}/mountinfo`);
    return texts.some((text) => all.includes(text)) ? [`${pid} ${words.replaceAll('\0', ' ')}`] : [];
  });
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
