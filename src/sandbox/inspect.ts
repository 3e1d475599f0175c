import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Activity } from '../core/watchdog/watch.ts';
import { runTool } from './process.ts';

/** One process of a command, for a person who asks why it hangs. */
export interface ProcessView {
  readonly pid: number;
  readonly ppid: number;
  /** As ps(1) has it: R, S, D, Z ... */
  readonly state: string;
  readonly cpuMs: number;
  /** Where in the kernel it waits; empty where that is not told. */
  readonly waitsIn: string;
  /** The kernel's functions that it is in, the innermost first; empty where they may not be read. */
  readonly stack: readonly string[];
  readonly command: string;
}

/** Of a long command line this much is shown, of a stack so many lines. */
const COMMAND_CHARS = 200;
const STACK_LINES = 8;
/** /proc of a process that is stuck in its own memory may never answer. */
const READ_MS_MAX = 1000;
/** The unit of times in /proc on every system that we know: USER_HZ is 100. */
const TICK_MS = 10;

/**
 * What the processes of a command have done so far: those that descend from `leader`, and all that share a PID namespace
 * with one of them. Undefined when there is none any more, or when this host tells nothing.
 */
export async function measureActivity(leader: number): Promise<Activity | undefined> {
  const found = await findProcesses(leader);
  if (found.length === 0) return undefined;
  const cpuMs = found.reduce((sum, one) => sum + one.cpuMs + one.endedCpuMs, 0);
  if (process.platform !== 'linux') return { cpuMs, writtenBytes: undefined };
  const written = found.map(({ pid }) => readWritten(pid));
  const isKnown = written.some((bytes) => bytes !== undefined);
  return {
    cpuMs,
    writtenBytes: isKnown ? written.reduce((sum: number, bytes) => sum + (bytes ?? 0), 0) : undefined,
  };
}

/** The same processes one by one, the busiest first, at most `countMax`. Reads a little of each, and never waits long. */
export async function inspectProcesses(leader: number, countMax: number): Promise<readonly ProcessView[]> {
  const found = (await findProcesses(leader)).toSorted((a, b) => b.cpuMs - a.cpuMs || a.pid - b.pid);
  const views: ProcessView[] = [];
  for (const { pid, ppid, state, cpuMs, name } of found.slice(0, countMax)) {
    const common = { pid, ppid, state, cpuMs };
    if (process.platform !== 'linux') {
      views.push({ ...common, waitsIn: '', stack: [], command: makePlain(name).slice(0, COMMAND_CHARS) });
      continue;
    }
    const waitsIn = readSmall(`/proc/${pid}/wchan`).replace(/^0$/, '');
    const command = await readCommand(pid, name);
    views.push({ ...common, waitsIn, stack: readStack(pid), command: command ?? makePlain(name) });
    // One that does not answer keeps a thread of ours: no more are asked.
    if (command === undefined) break;
  }
  return views;
}

interface Found {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  readonly cpuMs: number;
  /** Of children that have ended. */
  readonly endedCpuMs: number;
  readonly name: string;
}

async function findProcesses(leader: number): Promise<readonly Found[]> {
  const all = process.platform === 'linux' ? listProc() : await listByPs();
  const family = new Set([leader]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, ppid } of all) {
      if (family.has(pid) || !family.has(ppid)) continue;
      family.add(pid);
      grown = true;
    }
  }
  const spaces = new Set([...family].flatMap((pid) => readSpace(pid) ?? []));
  const own = readSpace(process.pid);
  if (own !== undefined) spaces.delete(own);
  if (spaces.size === 0) return all.filter(({ pid }) => family.has(pid));
  return all.filter(({ pid }) => family.has(pid) || spaces.has(readSpace(pid) ?? ''));
}

const listProc = (): readonly Found[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => parseStat(Number(name), readSmall(`/proc/${name}/stat`)) ?? []);

/** A line of proc_pid_stat(5); the name in parentheses may itself hold blanks and parentheses. */
function parseStat(pid: number, text: string): Found | undefined {
  const end = text.lastIndexOf(')');
  if (end === -1) return undefined;
  const [state = '?', ppid = '0', ...rest] = text.slice(end + 2).split(' ');
  const ticks = (index: number): number => Number(rest[index] ?? 0) * TICK_MS;
  return {
    pid,
    ppid: Number(ppid),
    state,
    cpuMs: ticks(9) + ticks(10),
    endedCpuMs: ticks(11) + ticks(12),
    name: text.slice(text.indexOf('(') + 1, end),
  };
}

async function listByPs(): Promise<readonly Found[]> {
  const { stdout } = await runTool(['ps', '-A', '-o', 'pid=,ppid=,state=,time=,args=']);
  return parsePs(stdout);
}

/** Lines of `ps -o pid=,ppid=,state=,time=,args=`; time is [[dd-]hh:]mm:ss[.cc]. */
export function parsePs(text: string): readonly Found[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, ppid, state, time, name] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s*(.*)$/.exec(line) ?? [];
    if (pid === undefined || state === undefined || time === undefined) return [];
    const units = time.split(/[-:]/).map(Number).reverse();
    const [seconds = 0, minutes = 0, hours = 0, days = 0] = units;
    const cpuMs = Math.round((seconds + 60 * minutes + 3600 * hours + 86_400 * days) * 1000);
    if (!Number.isSafeInteger(cpuMs)) return [];
    return [{ pid: Number(pid), ppid: Number(ppid), state, cpuMs, endedCpuMs: 0, name: name ?? '' }];
  });
}

/** The PID namespace of a process; undefined where there is none, or none of ours to know. */
function readSpace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function readWritten(pid: number): number | undefined {
  const value = /^wchar: (\d+)$/m.exec(readSmall(`/proc/${pid}/io`))?.[1];
  return value === undefined ? undefined : Number(value);
}

const readStack = (pid: number): readonly string[] =>
  readSmall(`/proc/${pid}/stack`)
    .split('\n')
    .map((line) => line.replace(/^\[<[0-9a-fx]*>\] /, '').replace(/\+0x.*$/, ''))
    .filter((line) => line !== '')
    .slice(0, STACK_LINES);

/** The words of a process; its bare name where it has none; undefined when the kernel does not answer. */
async function readCommand(pid: number, name: string): Promise<string | undefined> {
  const reading = readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const patience = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => patience.resolve(undefined), READ_MS_MAX);
  const words = await Promise.race([reading, patience.promise]);
  clearTimeout(timer);
  if (words === undefined) return undefined;
  return makePlain(words).slice(0, COMMAND_CHARS) || `[${makePlain(name)}]`;
}

/** Words of a program's own choice, for one line of a log. */
const makePlain = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').trim();

function readSmall(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
