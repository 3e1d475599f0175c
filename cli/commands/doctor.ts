import type { Command } from 'commander';
import type { ConfigState, Examination, Finding } from '../../agent/doctor.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { offerBuildUser } from '../buildUser.ts';
import { exitCodes } from '../failure.ts';
import { makeCommand, openConfig, readConfigWords } from '../options.ts';
import { findLook, writeLines } from '../output.ts';
import { escapeLine } from '../ui/escape.ts';
import { formatNumberOf } from '../ui/format.ts';
import { type Look, paint } from '../ui/text.ts';

interface DoctorOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** `bulkmesh doctor`: what this host lacks for builds. */
export function makeDoctorCommand(): Command {
  return makeCommand(
    'doctor',
    'say what is missing on this host, and how to get it',
    'bulkmesh doctor\nbulkmesh doctor --config /content/bulkmesh.toml --json',
  )
    .description(
      'Looks at this host and at the configuration, and changes nothing, but that it offers to make the account that ' +
        'builds. Needs neither an agent nor a configuration. Exit codes: 0 builds can run; 1 something that they need is missing.',
    )
    .option('--json', 'the findings as one JSON object')
    .option('--yes', 'make the account that builds, if it is missing, without asking')
    .action(async (options: DoctorOptions, command: Command) => {
      const { examineHost } = await import('../../agent/doctor.ts');
      const state = await findConfig(command);
      const examination = await examineHost(state);
      writeLines(
        options.json === true
          ? [JSON.stringify(examination, null, 2)]
          : renderExamination(examination, findLook(process.stdout, process.env)),
      );
      const lacksUser = examination.findings.some(
        ({ id, state: found }) => id === 'user' && found === 'missing',
      );
      const isMade = lacksUser && (await makeUser(state, options));
      const missing = examination.findings.filter(({ state: found }) => found === 'missing').length;
      process.exitCode = missing > (isMade ? 1 : 0) ? exitCodes.unwell : exitCodes.ok;
    });
}

/** True when the account that builds is there now. A program that reads JSON is asked nothing. */
async function makeUser(state: ConfigState, { json, yes }: DoctorOptions): Promise<boolean> {
  if (state.kind !== 'loaded' || (json === true && yes !== true)) return false;
  const user = await offerBuildUser(state.config.pkgsrc.buildUser, yes === true);
  if (user.kind === 'made' && json !== true) writeLines([`made the account: ${user.command}`]);
  return user.kind !== 'missing';
}

/** A line per finding, what to do below each that is not well, and the conclusion. */
function renderExamination(examination: Examination, look: Look): string[] {
  const { findings, install } = examination;
  const width = Math.max(...findings.map((finding) => finding.title.length));
  const count = (state: Finding['state']): number => findings.filter((one) => one.state === state).length;
  const missing = count('missing');
  const isConfigured = findings.some(({ id, state }) => id === 'config' && state === 'ok');
  // That there is no configuration yet is said in words of its own.
  const warnings = count('warning') - (isConfigured || missing > 0 ? 0 : 1);
  const noted = warnings === 0 ? '' : `, with ${formatNumberOf(warnings, 'warning')}`;
  return [
    ...findings.flatMap((finding) => drawFinding(finding, width, look)),
    '',
    missing === 0
      ? isConfigured
        ? `Nothing is missing${noted}: builds can run here.`
        : `This host can build${noted}; there is no configuration yet.`
      : `${formatNumberOf(missing, 'thing')} that builds need ${missing === 1 ? 'is' : 'are'} missing${noted}.`,
    ...(install === undefined ? [] : [`To install what a package brings:  ${install}`]),
  ];
}

function drawFinding(finding: Finding, width: number, look: Look): string[] {
  const [word, tone] = (
    { ok: ['ok', 'green'], warning: ['warning', 'yellow'], missing: ['MISSING', 'red'] } as const
  )[finding.state];
  const state = paint(word.padEnd(7), tone, look);
  const head = `${state}  ${finding.title.padEnd(width)}  ${escapeLine(finding.detail)}`;
  return finding.fix === '' ? [head] : [head, `${' '.repeat(width + 11)}-> ${escapeLine(finding.fix)}`];
}

async function findConfig(command: Command): Promise<ConfigState> {
  try {
    return { kind: 'loaded', config: await openConfig(command, ['paths.pkgsrc', 'pkgsrc.bootstrap_kit']) };
  } catch (error) {
    if (!(error instanceof BulkmeshError)) throw error;
    const isNamed = readConfigWords(command).length > 0;
    return error.code === 'CONFIG_NOT_FOUND' && !isNamed ? { kind: 'absent' } : { kind: 'broken', error };
  }
}
