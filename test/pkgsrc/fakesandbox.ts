import { writeSync } from 'node:fs';
import { slotName } from '../../src/core/ids.ts';
import type { Command, CommandResult, Fitting, Sandbox, SandboxUsage } from '../../src/sandbox/driver.ts';

/** What a scripted command prints and how it ends. */
export type Answer =
  | {
      readonly code?: number;
      readonly stdout?: string | Buffer;
      readonly stderr?: string;
      readonly cpuMs?: number;
    }
  | CommandResult;

/** A sandbox that runs nothing: it keeps what was asked of it and answers from a script. */
export class FakeSandbox implements Sandbox {
  readonly slot = slotName('build-1');
  readonly commands: Command[] = [];
  /** `run` lines and `killAll`, in order. */
  readonly calls: string[] = [];
  readonly fittings: Fitting[] = [];
  diskBytes = 4096;
  usageNow: SandboxUsage = { memoryPeakBytes: undefined, memoryKills: undefined };

  readonly #answer: (command: Command) => Answer | Promise<Answer>;

  constructor(answer: (command: Command) => Answer | Promise<Answer> = () => ({})) {
    this.#answer = answer;
  }

  async run(command: Command): Promise<CommandResult> {
    this.commands.push(command);
    this.calls.push(command.argv.join(' '));
    if (command.signal.aborted) return { kind: 'aborted', wallMs: 1, cpuMs: 1 };
    const answer = await this.#answer(command);
    if ('kind' in answer) return answer;
    const { code = 0, stdout = '', stderr = '', cpuMs = 1 } = answer;
    const isCaptured = command.output.kind === 'capture';
    print(command, stdout, stderr);
    return {
      kind: 'exited',
      code,
      stdout: isCaptured ? stdout.toString() : '',
      stderr: isCaptured ? stderr : '',
      wallMs: 1,
      cpuMs,
    };
  }

  async fit(fitting: Fitting): Promise<void> {
    this.fittings.push(fitting);
  }

  async usage(): Promise<SandboxUsage> {
    return this.usageNow;
  }

  async killAll(): Promise<void> {
    this.calls.push('killAll');
  }

  async diskUsage(): Promise<number> {
    return this.diskBytes;
  }

  async destroy(): Promise<void> {
    this.calls.push('destroy');
  }
}

function print(command: Command, stdout: string | Buffer, stderr: string): void {
  const { output } = command;
  if (output.kind === 'log') {
    writeSync(output.fd, `${stdout}${stderr}`);
  } else if (output.kind === 'split') {
    writeSync(output.stdoutFd, Buffer.from(stdout));
    writeSync(output.stderrFd, stderr);
  }
}
