import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';

const hasScript =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;
const module = new URL('../../cli/child.ts', import.meta.url).pathname;

/** Has `runForUser` run a shell text at a terminal, types Ctrl-C when it says so, and gives what the terminal showed. */
async function showAtTerminal(text: string, isForeign: boolean): Promise<string> {
  const call = `import { runForUser } from '${module}';
    console.log('code ' + (await runForUser(['/bin/sh', '-c', process.env.TEXT], { isForeign: ${isForeign} })));`;
  const terminal = spawn(
    'script',
    ['-qec', `exec "${process.execPath}" --input-type=module -e "$CALL"`, '/dev/null'],
    {
      env: { PATH: process.env.PATH, SHELL: '/bin/sh', CALL: call, TEXT: text },
    },
  );
  let screen = '';
  terminal.stdout.setEncoding('utf8').on('data', (shown: string) => {
    screen += shown;
    if (shown.includes('type now')) terminal.stdin.write('\x03');
  });
  await once(terminal, 'close');
  return screen.replaceAll('\r', '');
}

describe.skipIf(!hasScript)(
  'a program that takes over a terminal (skips without script of util-linux)',
  () => {
    const ask = '(: </dev/tty) 2>/dev/null && echo has it || echo has none';

    it('has it as its own, but not when it is not to be trusted: it could type what the user did not', async () => {
      expect(await showAtTerminal(ask, false)).toContain('has it');
      const foreign = await showAtTerminal(`${ask}; [ -t 0 ] && [ -t 1 ] && echo shows`, true);
      expect(foreign).toContain('has none\nshows\ncode 0\n');
    });

    it('gets a Ctrl-C from the keyboard, also when it is not to be trusted', async () => {
      const text = 'trap "echo got it; exit 5" INT; sleep 0.2; echo type now; while :; do sleep 0.1; done';
      for (const isForeign of [true, false]) {
        expect(await showAtTerminal(text, isForeign)).toMatch(/got it\ncode 5\n/);
      }
    });
  },
);
