import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProgram } from '../../cli/main.ts';
import { makeSite, runCli, type TestSite } from './run.ts';

let site: TestSite;
beforeAll(async () => {
  site = await makeSite();
});
afterAll(() => site.remove());

describe('the command line', () => {
  it('gives an example in the help of every command', async () => {
    const commands = (await makeProgram()).commands.flatMap((command) =>
      command.commands.length > 0 ? command.commands : [command],
    );
    expect(commands.map((command) => command.name())).toEqual(
      expect.arrayContaining([
        'init',
        'agent',
        'build',
        'status',
        'log',
        'report',
        'list',
        'enter',
        'destroy',
        'doctor',
      ]),
    );
    for (const command of commands) {
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) });
      command.outputHelp();
      expect(help).toContain('Example');
      // These work on a file that they are given.
      if (!['import', 'resolve', 'graph'].includes(command.name())) expect(help).toContain('--config');
    }
  });

  it('loads for a command that comes first only that one, and it is the same as among all', async () => {
    for (const command of (await makeProgram()).commands) {
      const alone = (await makeProgram([command.name(), '--help'])).commands;
      expect(alone.map((one) => [one.name(), one.helpInformation()])).toEqual([
        [command.name(), command.helpInformation()],
      ]);
    }
  });

  it('prints the version of package.json', async () => {
    const { code, stdout } = await runCli(['--version']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  it('suggests the command that was meant, and ends with 2', async () => {
    const { code, stderr, stdout } = await runCli(['buidl']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain("bulkmesh: unknown command 'buidl'");
    expect(stderr).toContain('Did you mean build?');
  });

  it('ends with 2 on an unknown option, and says where help is', async () => {
    const { code, stderr } = await runCli(['build', '--frehs']);
    expect(code).toBe(2);
    expect(stderr).toContain("unknown option '--frehs'");
    expect(stderr).toContain('see: bulkmesh build --help');
  });

  it('shows help and ends with 2 when it is told nothing', async () => {
    const { code, stderr } = await runCli([]);
    expect(code).toBe(2);
    expect(stderr).toContain('A first build:');
  });

  it('takes --config before and after the command', async () => {
    for (const args of [
      ['-c', '/nowhere.toml', 'status'],
      ['status', '-c', '/nowhere.toml'],
      ['sandbox', 'list', '--config', '/nowhere.toml'],
    ]) {
      const { code, stderr } = await runCli(args);
      expect(code).toBe(2);
      expect(stderr).toContain('/nowhere.toml');
    }
  });
});

describe('a configuration that is wrong', () => {
  it('is named with its line, the key and what to do, without a stack', async () => {
    const wrong = await makeSite('[build]\nslotz = 4\n');
    try {
      const { code, stderr } = await runCli(['status'], { cwd: wrong.dir });
      expect(code).toBe(2);
      expect(stderr).toContain(`bulkmesh: ${wrong.config}:2: build.slotz`);
      expect(stderr).toContain('slots');
      expect(stderr).not.toMatch(/\n\s+at /);
      const debug = await runCli(['status'], { cwd: wrong.dir, env: { BULKMESH_DEBUG: '1' } });
      expect(debug.stderr).toMatch(/\n\s+at /);
    } finally {
      await wrong.remove();
    }
  });

  it('is said to be missing, with the places that were tried', async () => {
    const { code, stderr } = await runCli(['build', '-c', `${site.dir}/none.toml`]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${site.dir}/none.toml`);
    expect(stderr).toContain('bulkmesh init');
  });
});

describe('without an agent', () => {
  it('status says so, and how to start one', async () => {
    const { code, stderr } = await runCli(['status'], { cwd: site.dir });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bulkmesh: no agent answers at .*\n {2}start one with: bulkmesh agent\n$/);
  });
});
