import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BulkmeshError, messageOf } from '../../errors.ts';
import { type RestrictedEnd, runRestricted } from '../../sandbox/restricted.ts';
import { type PbulkAnswer, parseAnswer } from './answer.ts';
import { knownNames } from './meanings.ts';
import { findAssignedNames, readScript } from './script.ts';

/** A pbulk.conf that was run. */
export interface PbulkConf extends PbulkAnswer {
  /** Absolute. */
  readonly file: string;
  /** What it printed while it ran, a line each: mostly complaints of the programs that it called. */
  readonly printed: readonly string[];
}

export interface ReadOptions {
  /** Run it as a plain sh, with all rights of this account, where it cannot be confined. */
  readonly isTrusted: boolean;
}

const fileBytesMax = 1024 * 1024;
const answerBytesMax = 1024 * 1024;
const timeMs = 10_000;
const printedLinesMax = 20;

/**
 * Runs a pbulk.conf, which is a shell fragment, in a restricted sh (`runRestricted`) and tells what it set. Throws
 * `BulkmeshError`: PBULK_CONF_NOT_READABLE, PBULK_CONF_INVALID for one that is no shell text or does not come to its
 * end, PBULK_CONF_NOT_CONFINED where this host cannot run it safely.
 */
export async function readPbulkConf(name: string, options: ReadOptions): Promise<PbulkConf> {
  const file = resolve(name);
  const fragment = await readFragment(file);
  const asked = new Set([...knownNames(), ...findAssignedNames(fragment.toString('utf8'))]);
  const end = await runRestricted({
    script: readScript,
    args: [...asked],
    fragment,
    file,
    // Joyent's scripts export it, and a file may look for its neighbours with it.
    env: { PBULK_CONF: file, HOME: '/nonexistent' },
    isTrusted: options.isTrusted,
    timeMs,
    bytesMax: answerBytesMax,
  });
  if (end.kind !== 'exited') throw explainEnd(file, end);
  const printed = splitPrinted(file, end.printed);
  const answer = end.code === 0 ? parseAnswer(end.answer) : undefined;
  if (answer === undefined) throw explainExit(file, end.code, printed, options);
  return { ...answer, file, printed };
}

async function readFragment(file: string): Promise<Buffer> {
  try {
    // Not to wait for the other end, should it be a named pipe.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile()) throw invalid(file, 'is not a file', 'Name the file that pbulk reads.');
    if (found.size > fileBytesMax) {
      throw invalid(file, `has ${found.size} bytes`, 'A pbulk.conf has a few kilobytes: name another file.');
    }
    const bytes = await handle.readFile();
    if (!bytes.includes(0)) return bytes;
  } catch (error) {
    if (error instanceof BulkmeshError) throw error;
    throw new BulkmeshError('PBULK_CONF_NOT_READABLE', `${file} cannot be read: ${messageOf(error)}`, {
      hint: 'Name a pbulk.conf that is there and that this account may read.',
      cause: error,
    });
  }
  throw invalid(file, 'is no text: there is a NUL in it', 'Name the file that pbulk reads.');
}

function explainEnd(file: string, end: Exclude<RestrictedEnd, { readonly kind: 'exited' }>): BulkmeshError {
  if (end.kind === 'unavailable') {
    return new BulkmeshError(
      'PBULK_CONF_NOT_CONFINED',
      `${file} is a shell program, and this host cannot confine it: ${end.why}`,
      {
        hint:
          'If you trust it, make a configuration of it once with `bulkmesh import --trust` (it then runs with all ' +
          'rights of this account), and use that.',
      },
    );
  }
  const hint = 'Run it with `sh -x` to see where that happens.';
  switch (end.why) {
    case 'time':
      return invalid(file, `does not come to its end within ${timeMs / 1000} seconds`, hint);
    case 'output':
      return invalid(file, `prints or sets more than ${answerBytesMax} bytes`, hint);
    case 'signal':
      return invalid(file, 'ends its shell with a signal', hint);
  }
}

function explainExit(
  file: string,
  code: number,
  printed: readonly string[],
  options: ReadOptions,
): BulkmeshError {
  const last = printed.at(-1);
  const syntax = printed.find((line) => /syntax error|unexpected/i.test(line));
  if (syntax !== undefined) {
    return new BulkmeshError('PBULK_CONF_INVALID', syntax, {
      hint: 'Mend that line; `sh -n` checks a file.',
    });
  }
  const confined =
    'It is run as an account without rights, cannot write or reach the network, and finds nothing below /run; a ' +
    'command that fails ends it, as it ends pbulk. `bulkmesh import --trust` runs it with all rights of this account.';
  const hint = options.isTrusted ? 'A command that fails ends it, as it ends pbulk.' : confined;
  const what = last === undefined ? 'ends before its last line' : `does not come to its end: ${last}`;
  return invalid(file, `${what} (exit code ${code})`, hint);
}

function invalid(file: string, what: string, hint: string): BulkmeshError {
  return new BulkmeshError('PBULK_CONF_INVALID', `${file} ${what}`, { hint });
}

/** The shell says `sh: LINE: FILE: ...` (dash, ash) or `FILE: line LINE: ...` (bash): file and line first, always. */
function splitPrinted(file: string, printed: string): readonly string[] {
  const lines = printed.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-printedLinesMax).map((line) => {
    const [, at, rest] = /^\S*sh: (?:line )?(\d+): (.*)$/.exec(line) ?? [];
    if (at !== undefined && rest?.startsWith(`${file}: `)) {
      return `${file}:${at}: ${rest.slice(file.length + 2)}`;
    }
    if (!line.startsWith(`${file}: `)) return line;
    const [, number, what] = /^(?:line )?(\d+): (.*)$/.exec(line.slice(file.length + 2)) ?? [];
    return number === undefined ? line : `${file}:${number}: ${what}`;
  });
}
